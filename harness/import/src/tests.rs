//! Each format, and each damage.

use timeline::Unit;

use super::*;

fn options() -> Options {
    Options::default()
}

fn read_text(text: &str) -> Import {
    read_with(text, &options())
}

#[track_caller]
fn read_with(text: &str, options: &Options) -> Import {
    read(text.as_bytes(), options).unwrap_or_else(|mistakes| panic!("{}", told(&mistakes).join("\n")))
}

/// The mistakes, a line each.
#[track_caller]
fn mistakes(text: &str) -> Vec<String> {
    told(&read(text.as_bytes(), &options()).expect_err("it was taken as it is"))
}

fn told(mistakes: &[Mistake]) -> Vec<String> {
    mistakes.iter().map(ToString::to_string).collect()
}

/// A series as `(seconds, value)`.
fn points(import: &Import, name: &str) -> Vec<(f64, f64)> {
    let found = import.series.iter().find(|series| series.name == name);
    let series = &found.unwrap_or_else(|| panic!("no {name} in {import:?}")).series;
    series.samples.iter().map(|sample| (sample.taken.seconds(), sample.value)).collect()
}

fn names(import: &Import) -> Vec<(&str, Unit)> {
    import.series.iter().map(|series| (series.name.as_str(), series.unit)).collect()
}

const MIB: f64 = 1_048_576.0;

#[test]
fn a_csv_with_a_unit_in_its_header() {
    let import = read_text("time_s,rss_mib,goroutines\n0,12.5,7\n1,13,8\n");
    assert_eq!(names(&import), [("rss_mib", Unit::Bytes), ("goroutines", Unit::Count)]);
    assert_eq!(points(&import, "rss_mib"), [(0.0, 12.5 * MIB), (1.0, 13.0 * MIB)]);
    assert_eq!(points(&import, "goroutines"), [(0.0, 7.0), (1.0, 8.0)]);
    assert_eq!((import.started, import.notes), (None, Vec::new()));
}

#[test]
fn units_in_cells_count_before_any_other() {
    let import = read_with("t,mem\n0,12MiB\n1,0.5 GiB\n", &Options { unit: Some(Measure::Bytes(1.0)), ..options() });
    assert_eq!(points(&import, "mem"), [(0.0, 12.0 * MIB), (1.0, 512.0 * MIB)]);
}

#[test]
fn a_unit_that_is_asked_for_is_for_memory_and_not_for_counts() {
    let import = read_with("t,value,fds\n0,12,3\n", &Options { unit: "MiB".parse().ok(), ..options() });
    assert_eq!(names(&import), [("value", Unit::Bytes), ("fds", Unit::Count)]);
    assert_eq!(points(&import, "value"), [(0.0, 12.0 * MIB)]);
}

#[test]
fn what_is_assumed_is_said() {
    let import = read_text("time,rss,queue\n0,50000000,3\n1,50000000,4\n");
    assert_eq!(names(&import), [("rss", Unit::Bytes), ("queue", Unit::Count)]);
    assert_eq!(
        import.notes,
        [
            "without a unit, taken as seconds: `time`",
            "without a unit, taken as bytes: `rss`",
            "without a unit, taken as plain numbers (for memory say `--unit MiB`): `queue`",
        ]
    );
}

#[test]
fn memory_that_cannot_be_in_bytes_is_asked_about() {
    let told = mistakes("t,rss\n0,48\n1,49\n");
    assert_eq!(told, ["the column `rss` has no unit, and its values are too small for memory in bytes"]);
}

#[test]
fn times_are_seconds_milliseconds_instants_or_since_the_epoch() {
    for (header, first, second) in [
        ("elapsed_ms", "500", "2500"),
        ("Time", "2026-03-01T12:00:00Z", "2026-03-01T12:00:02Z"),
        ("when", "2026-03-01 12:00:00", "2026-03-01 12:00:02"),
        ("timestamp", "1772366400", "1772366402"),
        ("timestamp", "1772366400000", "1772366402000"),
        ("time", "7", "9"),
        ("elapsed", "7s", "9s"),
    ] {
        let import = read_text(&format!("{header},fds\n{first},1\n{second},2\n"));
        assert_eq!(points(&import, "fds"), [(0.0, 1.0), (2.0, 2.0)], "{header} {first}");
        let dated = first.len() >= 10;
        assert_eq!(import.started.is_some(), dated, "{header} {first}");
    }
}

#[test]
fn a_time_is_found_by_its_look_where_no_name_tells() {
    let import = read_text("sampled,fds\n2026-03-01T12:00:00Z,1\n2026-03-01T12:00:01Z,2\n");
    assert_eq!(points(&import, "fds"), [(0.0, 1.0), (1.0, 2.0)]);
    let told = mistakes("foo,fds\n1,2\n");
    assert_eq!(told, ["no column looks like a time: there are `foo`, `fds`"]);
    let named = Options { time: Some("FOO".to_owned()), ..options() };
    assert_eq!(points(&read_with("foo,fds\n1,2\n", &named), "fds"), [(0.0, 2.0)]);
}

#[test]
fn an_interval_takes_the_place_of_times() {
    let every = Options { every: Some(Duration::from_secs(5)), ..options() };
    let import = read_with("time,fds\nx,1\ny,2\n", &every);
    assert_eq!(names(&import), [("fds", Unit::Count)]);
    assert_eq!(points(&import, "fds"), [(0.0, 1.0), (5.0, 2.0)]);
}

#[test]
fn one_column_alone_is_taken_a_second_a_row() {
    let import = read_text("rss_mb\n1\n2\n");
    assert_eq!(points(&import, "rss_mb"), [(0.0, 1e6), (1.0, 2e6)]);
    assert!(import.notes[0].contains("every second is assumed"), "{:?}", import.notes);
}

#[test]
fn semicolons_may_go_with_decimal_commas_and_tabs_with_anything() {
    let import = read_text("\u{feff}time;rss_mib\r\n0,5;12,25\r\n1,5;12.5\r\n");
    assert_eq!(points(&import, "rss_mib"), [(0.0, 12.25 * MIB), (1.0, 12.5 * MIB)]);
    let import = read_text("t\tmem, resident (MiB)\n0\t1\n");
    assert_eq!(points(&import, "mem, resident (MiB)"), [(0.0, MIB)]);
    assert_eq!(mistakes("t,fds,x\n0,\"12,5\",1\n"), ["line 2: `12,5` is no number, in the column `fds`"]);
}

#[test]
fn quotes_hold_separators_and_line_ends() {
    let import = read_text("\"time\",\"the\nname, fds\"\n\"0\",\"1\"\n\"1\",\"2\"\n");
    assert_eq!(points(&import, "the\nname, fds"), [(0.0, 1.0), (1.0, 2.0)]);
}

#[test]
fn empty_cells_nan_and_null_are_gaps() {
    let import = read_text("t,fds\n0,1\n1,\n2,NaN\n3,null\n4,2\n");
    assert_eq!(points(&import, "fds"), [(0.0, 1.0), (4.0, 2.0)]);
}

#[test]
fn what_holds_no_numbers_or_no_level_is_passed_over_and_said() {
    let text = "time_s,host,cpu,requests_total,fds,empty\n0,a,5,100,1,\n1,b,6,200,2,\n";
    let import = read_text(text);
    assert_eq!(names(&import), [("fds", Unit::Count)]);
    assert_eq!(
        import.notes,
        [
            "not judged: `cpu`, `requests_total` (counts up or tells the work; `--column` judges it all the same)",
            "not judged: `empty` (empty)",
            "not judged: `host` (no numbers)",
        ]
    );
    let asked = Options { columns: vec!["cpu".to_owned()], ..options() };
    assert_eq!(names(&read_with(text, &asked)), [("cpu", Unit::Count)]);
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let asked = Options { columns: vec!["rrs".to_owned()], ..options() };
    let mistakes = read(b"t,rss_mb\n0,1\n", &asked).unwrap_err();
    assert_eq!(mistakes[0].to_string(), "there is no column `rrs`");
    assert_eq!(mistakes[0].hint.as_deref(), Some("there are `t`, `rss_mb`"));
}

#[test]
fn a_csv_without_a_header_has_its_time_first() {
    let import = read_text("0,1\n10,2\n");
    assert_eq!(points(&import, "column 2"), [(0.0, 1.0), (10.0, 2.0)]);
    assert!(import.notes[0].contains("no header"), "{:?}", import.notes);
}

#[test]
fn two_columns_of_one_name_stay_apart() {
    let import = read_text("t,fds,fds\n0,1,2\n");
    assert_eq!(names(&import), [("fds", Unit::Count), ("fds (2)", Unit::Count)]);
}

#[test]
fn rows_out_of_order_are_put_in_order() {
    let import = read_text("time_s,fds\n0,1\n2,3\n1,2\n");
    assert_eq!(points(&import, "fds"), [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]);
    assert!(import.notes[0].contains("goes back 1 times"), "{:?}", import.notes);
    let doubled = read_text("time_s,fds\n0,1\n0,9\n1,2\n");
    assert_eq!(points(&doubled, "fds"), [(0.0, 1.0), (1.0, 2.0)]);
}

#[test]
fn every_damage_is_told_by_its_line() {
    assert_eq!(
        mistakes("t,rss_mb\n0,1\n1,abc\n\n2,2\nx,3\n,4\n3,5\n"),
        ["line 3: `abc` is no number, in the column `rss_mb`", "line 6: `x` is no time", "line 7: there is no time",]
    );
    assert_eq!(
        mistakes("t,rss_mb\n0,1\n1,2,3\n2\n3,4\n"),
        ["line 3: 3 cells where the first row has 2: `1 2 3`", "line 4: 1 cell where the first row has 2: `2`",]
    );
    assert_eq!(
        mistakes("t,rss_mb\n0,1\n1,2,3\n2,abc\n3,4\n"),
        ["line 3: 3 cells where the first row has 2: `1 2 3`", "line 4: `abc` is no number, in the column `rss_mb`",]
    );
    assert_eq!(mistakes(""), ["there is nothing in it"]);
    assert_eq!(mistakes("\u{1f}\u{8b}\0"), ["it is no text"]);
    assert_eq!(mistakes("time_s,fds\n0,\u{1b}[31m\n"), ["line 2: ` [31m` is no number, in the column `fds`"]);
    assert_eq!(mistakes(" \n\n"), ["there is nothing in it"]);
    assert_eq!(mistakes("time,rss_mb\n"), ["it has a header and no rows"]);
    assert_eq!(mistakes("time,host\n0,a\n"), ["there is no column that can be judged"]);
}

#[test]
fn a_last_line_that_is_still_being_written_is_left_out() {
    let import = read_text("time_s,rss_mb,fds\n0,1,5\n1,2,6\n2,3");
    assert_eq!(points(&import, "fds"), [(0.0, 5.0), (1.0, 6.0)]);
    assert_eq!(import.notes, ["line 4, the last, is cut short and left out: the file is still being written"]);
    // Of a number, too, the beginning alone may be there.
    let import = read_text("time_s,fds\n0,1000\n1,1001\n2,10");
    assert_eq!(points(&import, "fds"), [(0.0, 1000.0), (1.0, 1001.0)]);
    let import = read_text("{\"t\":0,\"fds\":5}\n{\"t\":1,\"fd");
    assert_eq!(points(&import, "fds"), [(0.0, 5.0)]);
    // Damage elsewhere is told all the same.
    assert_eq!(
        mistakes("t,rss_mb\n0,1\n1\n2"),
        ["line 3: 1 cell where the first row has 2: `1`", "line 4: 1 cell where the first row has 2: `2`",]
    );
}

#[test]
fn json_lines_with_nested_values() {
    let text = "{\"time\": 0, \"mem\": {\"rss\": 50000000, \"heapUsed\": null}, \"host\": \"a\", \"up\": true}\n\n\
                {\"time\": 1, \"mem\": {\"rss\": 51000000, \"heapUsed\": 2e7}, \"host\": \"a\", \"list\": [1]}\n";
    let import = read_text(text);
    assert_eq!(points(&import, "mem.rss"), [(0.0, 5e7), (1.0, 5.1e7)]);
    assert_eq!(points(&import, "mem.heapUsed"), [(1.0, 2e7)]);
}

#[test]
fn a_json_list_of_objects() {
    let import = read_text("[{\"t\": 0, \"fds\": 1},\n {\"t\": 1, \"fds\": 2}]");
    assert_eq!(points(&import, "fds"), [(0.0, 1.0), (1.0, 2.0)]);
    assert_eq!(mistakes("[{\"t\": 0, \"fds\": 1}, 5]"), ["item 2: `5` is no object"]);
    assert_eq!(mistakes("[{\"t\": 0,").len(), 1);
}

#[test]
fn broken_json_is_told_by_its_line() {
    let told = mistakes("{\"t\":0,\"fds\":1}\nnonsense\n{\"t\":2,\"fds\":}\n{\"t\":3,\"fds\":1}\n");
    assert_eq!(
        told,
        [
            "line 2: `nonsense` is no JSON object: there is no `{`",
            "line 3: `{\"t\":2,\"fds\":}` is no JSON object: expected value",
        ]
    );
}

const DOCKER: &str = r#"{"BlockIO":"0B / 0B","CPUPerc":"0.5%","Container":"abc","ID":"abc","MemPerc":"1.2%","MemUsage":"12MiB / 1GiB","Name":"api","NetIO":"1kB / 0B","PIDs":"7"}"#;

#[test]
fn docker_stats_a_series_for_each_container() {
    let other = DOCKER.replace("\"api\"", "\"db\"").replace("12MiB", "24MiB");
    let later = DOCKER.replace("12MiB", "13MiB");
    let import = read_text(&format!("\u{1b}[2J\u{1b}[H{DOCKER}\u{1b}[K\n{other}\n{later}\n"));
    assert_eq!(points(&import, "api memory"), [(0.0, 12.0 * MIB), (1.0, 13.0 * MIB)]);
    assert_eq!(points(&import, "db memory"), [(0.0, 24.0 * MIB)]);
    assert_eq!(points(&import, "api PIDs"), [(0.0, 7.0), (1.0, 7.0)]);
    assert_eq!(import.series[0].limit, Some(1024.0 * MIB));
    assert!(import.notes[0].contains("every second is assumed"), "{:?}", import.notes);
    let every = Options { every: Some(Duration::from_secs(10)), ..options() };
    assert_eq!(points(&read_with(&format!("{DOCKER}\n{later}\n"), &every), "api memory")[1], (10.0, 13.0 * MIB));
}

#[test]
fn docker_stats_with_a_time_before_each_line() {
    for (first, second) in [
        ("2026-03-01T12:00:00+00:00", "2026-03-01T12:00:03+00:00"),
        ("1772366400", "1772366403"),
        ("Sun Mar  1 12:00:00 UTC 2026", "Sun Mar  1 12:00:03 UTC 2026"),
    ] {
        let import = read_text(&format!("{first} {DOCKER}\n{second} {DOCKER}\n"));
        assert_eq!(points(&import, "api memory"), [(0.0, 12.0 * MIB), (3.0, 12.0 * MIB)], "{first}");
        assert_eq!((import.started, import.notes), (Some(1_772_366_400.0), Vec::new()), "{first}");
    }
}

#[test]
fn a_round_of_docker_stats_has_one_time_for_all_its_lines() {
    let other = DOCKER.replace("\"api\"", "\"db\"");
    let import = read_text(&format!("1772366400 {DOCKER}\n{other}\n1772366403 {DOCKER}\n{other}\n"));
    for name in ["api memory", "db memory"] {
        assert_eq!(points(&import, name), [(0.0, 12.0 * MIB), (3.0, 12.0 * MIB)], "{name}");
    }
}

#[test]
fn what_docker_stats_paints_several_times_is_one_reading() {
    let later = DOCKER.replace("12MiB", "13MiB");
    let round = |line: &str| format!("\u{1b}[H{line}\n\u{1b}[H{line} \u{1b}[K\n \u{1b}[K\n\u{1b}[J");
    let import = read_text(&(round(DOCKER) + &round(DOCKER) + &round(&later)));
    assert_eq!(points(&import, "api memory"), [(0.0, 12.0 * MIB), (1.0, 13.0 * MIB)]);
}

#[test]
fn a_stopped_container_is_a_gap() {
    let stopped = DOCKER.replace("12MiB / 1GiB", "-- / --").replace("\"7\"", "\"--\"");
    let import = read_text(&format!("{DOCKER}\n{stopped}\n"));
    assert_eq!(points(&import, "api memory"), [(0.0, 12.0 * MIB)]);
}

fn answer(result: &str) -> String {
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":{result}}}}}")
}

#[test]
fn a_prometheus_answer_has_a_series_for_each_of_its_own() {
    let import = read_text(&answer(
        r#"[{"metric":{"__name__":"process_resident_memory_bytes","job":"x","pod":"a"},"values":[[1772366400,"5e7"],[1772366415.5,"NaN"],[1772366430,"6e7"]]},
            {"metric":{"__name__":"process_resident_memory_bytes","job":"x","pod":"b"},"values":[[1772366415,"7e7"]]}]"#,
    ));
    assert_eq!(points(&import, "process_resident_memory_bytes{pod=a}"), [(0.0, 5e7), (30.0, 6e7)]);
    assert_eq!(points(&import, "process_resident_memory_bytes{pod=b}"), [(15.0, 7e7)]);
    assert_eq!((import.started, import.notes), (Some(1_772_366_400.0), Vec::new()));
}

#[test]
fn a_prometheus_answer_that_is_none_says_why() {
    assert_eq!(mistakes(&answer("[]")), ["the query matched no series"]);
    let vector = answer("[]").replace("matrix", "vector");
    assert_eq!(mistakes(&vector), ["the answer is a vector, with one sample a series"]);
    let error = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
    assert_eq!(mistakes(error), ["Prometheus answered with an error: parse error"]);
    let cut = &answer(r#"[{"metric":{},"values":[[1,"2"],[2,"3"]]}]"#)[..80];
    assert!(mistakes(cut)[0].starts_with("line 1: not valid JSON: EOF"), "{:?}", mistakes(cut));
}

#[test]
fn utf_16_is_read_too() {
    let bytes: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("t,fds\r\n0,1\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(points(&read(&bytes, &options()).unwrap(), "fds"), [(0.0, 1.0)]);
}

/// Numbers that look random and are the same each time (Marsaglia's xorshift).
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn no_bytes_make_it_panic() {
    let seeds = [
        String::new(),
        "time,rss_mb,fds\n0,1,2\n1,2,3\n".to_owned(),
        "\u{feff}zeit;rss (MiB)\r\n2026-03-01T12:00:00Z;\"1,5\"\r\n".to_owned(),
        format!("Sun Mar  1 12:00:00 UTC 2026 {DOCKER}\n{DOCKER}\n"),
        answer(r#"[{"metric":{"__name__":"a"},"values":[[1,"2"],[2,"1e308"]]}]"#),
        "[{\"t\": 0, \"mem\": {\"µs\": 1e99}}]".to_owned(),
    ];
    let mut state = 0x2545_f491_4f6c_dd1d;
    for round in 0..6000 {
        let mut bytes = seeds[round % seeds.len()].clone().into_bytes();
        for _ in 0..random(&mut state) % 24 {
            let at = (random(&mut state) % (bytes.len() as u64 + 1)) as usize;
            match random(&mut state) % 3 {
                0 => bytes.insert(at, random(&mut state) as u8),
                1 if at < bytes.len() => bytes[at] = random(&mut state) as u8,
                _ => bytes.truncate(at.max(4)),
            }
        }
        let every = (round % 3 == 0).then_some(Duration::MAX);
        if let Err(mistakes) = read(&bytes, &Options { every, ..options() }) {
            assert!(!mistakes.is_empty());
        }
    }
}
