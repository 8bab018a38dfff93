//! What a number in a text is counted in.

use timeline::Unit;

/// All that is known, the longer names before those that they begin with.
const KNOWN: [(&str, Unit, f64); 19] = [
    ("TiB", Unit::Bytes, 1_099_511_627_776.0),
    ("GiB", Unit::Bytes, 1_073_741_824.0),
    ("MiB", Unit::Bytes, 1_048_576.0),
    ("KiB", Unit::Bytes, 1024.0),
    ("TB", Unit::Bytes, 1e12),
    ("GB", Unit::Bytes, 1e9),
    ("MB", Unit::Bytes, 1e6),
    ("KB", Unit::Bytes, 1e3),
    ("kB", Unit::Bytes, 1e3),
    ("bytes", Unit::Bytes, 1.0),
    ("B", Unit::Bytes, 1.0),
    ("ns", Unit::Seconds, 1e-9),
    ("us", Unit::Seconds, 1e-6),
    ("µs", Unit::Seconds, 1e-6),
    ("ms", Unit::Seconds, 1e-3),
    ("sec", Unit::Seconds, 1.0),
    ("s", Unit::Seconds, 1.0),
    ("%", Unit::Share, 0.01),
    ("none", Unit::Count, 1.0),
];

/// The unit of a series, and by what a number that is counted in `text` is multiplied to be in it.
pub(crate) fn measure(text: &str) -> Option<(Unit, f64)> {
    KNOWN.into_iter().find(|(name, ..)| *name == text).map(|(_, unit, scale)| (unit, scale))
}

/// What is counted in what `text` begins with, as the rest of a pattern does: ` MiB`, `\s*ms`. A plain number where that
/// is no unit.
pub(crate) fn measure_before(text: &str) -> (Unit, f64) {
    let text = [r"\s*", r"\s+", r"\s?", r"\s", " *", " +", " ?", " "]
        .iter()
        .find_map(|space| text.strip_prefix(space))
        .unwrap_or(text);
    let begins = |name: &str| {
        let rest = text.strip_prefix(name)?;
        (!rest.starts_with(|next: char| next.is_alphanumeric())).then_some(())
    };
    let known = KNOWN.into_iter().find(|(name, ..)| *name != "none" && begins(name).is_some());
    known.map_or((Unit::Count, 1.0), |(_, unit, scale)| (unit, scale))
}

/// What is counted in what a name ends with, as those of Prometheus do: `process_resident_memory_bytes`,
/// `http_request_duration_seconds_sum`. A plain number where that is no unit.
pub(crate) fn measure_of_name(name: &str) -> (Unit, f64) {
    const NAMES: [(&str, Unit, f64); 9] = [
        ("bytes", Unit::Bytes, 1.0),
        ("kilobytes", Unit::Bytes, 1e3),
        ("megabytes", Unit::Bytes, 1e6),
        ("kibibytes", Unit::Bytes, 1024.0),
        ("mebibytes", Unit::Bytes, 1_048_576.0),
        ("seconds", Unit::Seconds, 1.0),
        ("milliseconds", Unit::Seconds, 1e-3),
        ("microseconds", Unit::Seconds, 1e-6),
        ("ratio", Unit::Share, 1.0),
    ];
    // How many there were is counted, whatever each is measured in.
    let plain = ["_count", "_bucket"].iter().any(|end| name.ends_with(end));
    let name = ["_total", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let last = name.rsplit('_').next().unwrap_or_default();
    let known = NAMES.into_iter().find(|(unit, ..)| *unit == last && !plain);
    known.map_or((Unit::Count, 1.0), |(_, unit, scale)| (unit, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_prometheus_end_in_their_unit() {
        assert_eq!(measure_of_name("process_resident_memory_bytes"), (Unit::Bytes, 1.0));
        assert_eq!(measure_of_name("go_memstats_alloc_bytes_total"), (Unit::Bytes, 1.0));
        assert_eq!(measure_of_name("lag_milliseconds"), (Unit::Seconds, 1e-3));
        assert_eq!(measure_of_name("request_duration_seconds_sum"), (Unit::Seconds, 1.0));
        for plain in ["go_goroutines", "request_duration_seconds_count", "request_duration_seconds_bucket", "bytesread"]
        {
            assert_eq!(measure_of_name(plain), (Unit::Count, 1.0), "{plain}");
        }
    }

    #[test]
    fn a_unit_stands_behind_the_number_or_there_is_none() {
        let megabytes = (Unit::Bytes, 1e6);
        for text in ["MB", " MB", r"\s*MB, heap", "MB$", r"\s?MB/"] {
            assert_eq!(measure_before(text), megabytes, "{text}");
        }
        assert_eq!(measure_before(" ms"), (Unit::Seconds, 1e-3));
        assert_eq!(measure_before("%"), (Unit::Share, 0.01));
        for none in ["", " sessions", "bytesize", " MBit", ", MB", "none"] {
            assert_eq!(measure_before(none), (Unit::Count, 1.0), "{none}");
        }
        assert_eq!(
            (measure("KiB"), measure("none"), measure("parsec")),
            (Some((Unit::Bytes, 1024.0)), Some((Unit::Count, 1.0)), None)
        );
    }
}
