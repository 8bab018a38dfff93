//! A series as blocks: one line with the phases beneath it, or a small chart with its scales.

use timeline::{Amount, Elapsed, Metric, PhaseSpan, Series, Subject, Timeline, Unit};

use crate::clean::one_line;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The most columns: wider, and the eye loses the line.
const WIDEST: usize = 100;
const NARROWEST: usize = 16;
/// The rows of a small chart.
const ROWS: usize = 4;

/// The target's memory over the run: a title, the line, the phases. Empty where it was not sampled.
pub(crate) fn memory(timeline: &Timeline, width: usize) -> Vec<String> {
    let Some(series) = timeline.series(Metric::AnonymousMemory, &Subject::Target) else { return Vec::new() };
    // What comes after the phases is the gathering of evidence.
    let end = timeline.phases.last().map_or(timeline.end, |last| last.end);
    let samples = series.within((Elapsed::ZERO, end)).to_vec();
    let series = &Series { samples, source: series.source.clone() };
    let Some((low, high)) = range(series) else { return Vec::new() };
    let columns = width.saturating_sub(2).clamp(NARROWEST, WIDEST);
    let [low_shown, high_shown] = [low, high].map(|value| Amount { value, unit: Metric::AnonymousMemory.unit() });
    vec![
        format!("Memory of the target, {low_shown} to {high_shown}"),
        format!("  {}", line(&means(series, end, columns), low, high)),
        format!("  {}", legend(&timeline.phases, end, columns)).trim_end().to_owned(),
    ]
}

/// A series on its own over `0..end`: its rows with their scale, the time, and the window that was judged.
/// Empty where there is no sample.
pub(crate) fn small(series: &Series, unit: Unit, judged: (Elapsed, Elapsed), width: usize) -> Vec<String> {
    let (Some((low, high)), Some(last)) = (range(series), series.samples.last()) else { return Vec::new() };
    let end = last.taken;
    let (low, span) = (low, span(low, high));
    let [top, bottom] = [low + span, low].map(|value| Amount { value, unit }.to_string());
    let scale = top.chars().count().max(bottom.chars().count());
    let room = width.saturating_sub(scale + 2).clamp(NARROWEST, WIDEST);
    let columns = room.min(series.samples.len().max(NARROWEST));
    let means = means(series, end, columns);
    let mut lines: Vec<String> = (0..ROWS)
        .map(|row| {
            let label = if row == 0 {
                top.as_str()
            } else if row + 1 == ROWS {
                bottom.as_str()
            } else {
                ""
            };
            format!("{label:>scale$} │{}", row_of(&means, low, span, ROWS - 1 - row)).trim_end().to_owned()
        })
        .collect();
    let end_shown = end.to_string();
    lines.push(format!("{:>scale$} └0 s{end_shown:>1$}", "", columns.saturating_sub(3)));
    if judged.0 > Elapsed::ZERO || judged.1 < end {
        let span =
            |name: &str, (start, end)| PhaseSpan { name: name.to_owned(), cycle: None, loaded: true, start, end };
        let spans = [span("judged", judged), span("", (judged.1, end))];
        lines.push(format!("{:>scale$}  {}", "", legend(&spans, end, columns)).trim_end().to_owned());
    }
    lines
}

/// One row of a small chart, counted from the bottom: what of each mean lies in it, in eighths.
fn row_of(means: &[Option<f64>], low: f64, span: f64, row: usize) -> String {
    let block = |mean: f64| {
        let eighths = (((mean - low) / span * (ROWS * 8) as f64) as usize).max(1);
        match eighths.saturating_sub(row * 8).min(8) {
            0 => ' ',
            filled => BLOCKS[filled - 1],
        }
    };
    means.iter().map(|mean| mean.map_or(' ', block)).collect()
}

fn range(series: &Series) -> Option<(f64, f64)> {
    let values = || series.samples.iter().map(|sample| sample.value).filter(|value| value.is_finite());
    Some((values().reduce(f64::min)?, values().reduce(f64::max)?))
}

/// The column of `at`, of a run that lasts until `end`.
fn column(at: Elapsed, end: Elapsed, columns: usize) -> usize {
    let share = at.micros() as f64 / end.micros().max(1) as f64;
    ((share * columns as f64) as usize).min(columns)
}

/// The mean of each column; `None` where nothing was sampled.
fn means(series: &Series, end: Elapsed, columns: usize) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); columns];
    for sample in series.samples.iter().filter(|sample| sample.value.is_finite()) {
        let (sum, count) = &mut sums[column(sample.taken, end, columns).min(columns - 1)];
        *sum += sample.value;
        *count += 1;
    }
    sums.into_iter().map(|(sum, count)| (count > 0).then(|| sum / f64::from(count))).collect()
}

/// What the height of a chart stands for. What moves by less than a twentieth is drawn in that proportion,
/// lest noise look like a mountain.
fn span(low: f64, high: f64) -> f64 {
    (high - low).max(high.abs() / 20.0).max(f64::MIN_POSITIVE)
}

/// A block for each mean.
fn line(means: &[Option<f64>], low: f64, high: f64) -> String {
    let span = span(low, high);
    let block = |mean: f64| BLOCKS[(((mean - low) / span * 8.0) as usize).min(7)];
    let drawn: String = means.iter().map(|mean| mean.map_or(' ', block)).collect();
    drawn.trim_end().to_owned()
}

/// A block for each value, from the least to the most of them.
pub(crate) fn blocks(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    line(&values.iter().map(|value| Some(*value)).collect::<Vec<_>>(), low, high)
}

/// The names of the phases, each where it begins, cut to its length; cycles are named together.
fn legend(phases: &[PhaseSpan], end: Elapsed, columns: usize) -> String {
    let mut drawn = vec![' '; columns];
    for (name, from, to) in stretches(phases) {
        let (from, to) = (column(from, end, columns), column(to, end, columns));
        let label = std::iter::once('|').chain(name.chars());
        for (place, letter) in drawn[from.min(to)..to].iter_mut().zip(label) {
            *place = letter;
        }
    }
    drawn.into_iter().collect()
}

/// The phases, with the cycles of a `repeat` as one stretch.
fn stretches(phases: &[PhaseSpan]) -> Vec<(String, Elapsed, Elapsed)> {
    let mut stretches = Vec::new();
    for group in phases.chunk_by(|one, next| one.cycle.is_some() && next.cycle.is_some()) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        match last.cycle {
            Some(cycles) if cycles > 1 => stretches.push((format!("{cycles} cycles"), first.start, last.end)),
            _ => stretches.extend(group.iter().map(|span| (one_line(&span.name), span.start, span.end))),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use timeline::Sample;

    use super::*;

    fn phase(name: &str, cycle: Option<u32>, from: f64, to: f64) -> PhaseSpan {
        let [start, end] = [from, to].map(Elapsed::from_seconds);
        PhaseSpan { name: name.to_owned(), cycle, loaded: true, start, end }
    }

    #[test]
    fn cycles_are_named_together() {
        let phases = [
            phase("baseline", None, 0.0, 2.0),
            phase("work#1", Some(1), 2.0, 4.0),
            phase("rest#1", Some(1), 4.0, 5.0),
            phase("work#2", Some(2), 5.0, 7.0),
            phase("settle", None, 7.0, 10.0),
        ];
        assert_eq!(legend(&phases, Elapsed::from_seconds(10.0), 40), "|baselin|2 cycles           |settle     ");
    }

    #[test]
    fn a_small_chart_has_its_scales_and_the_judged_window() {
        let sample = |second: u32| {
            let at = Elapsed::from_seconds(f64::from(second));
            Sample { due: at, taken: at, value: f64::from(second) }
        };
        let series = Series { source: String::new(), samples: (0..=32).map(sample).collect() };
        let judged = (Elapsed::from_seconds(8.0), Elapsed::from_seconds(24.0));
        let drawn = small(&series, Unit::Count, judged, 20);
        let expected = [
            "32 │             ▂▄▇",
            "   │         ▂▄▆████",
            "   │     ▂▄▆████████",
            " 0 │▁▂▄▆████████████",
            "   └0 s         32 s",
            "        |judged |",
        ];
        assert_eq!(drawn, expected, "\n{}", drawn.join("\n"));
        assert_eq!(small(&Series::default(), Unit::Count, judged, 20), Vec::<String>::new());
    }

    #[test]
    fn a_flat_line_is_flat_and_a_gap_is_a_gap() {
        assert_eq!(line(&[Some(100.0), Some(100.4), None, Some(100.1)], 100.0, 100.4), "▁▁ ▁");
        assert_eq!(line(&[Some(0.0), Some(50.0), Some(100.0)], 0.0, 100.0), "▁▅█");
        assert_eq!(line(&[Some(0.0)], 0.0, 0.0), "▁");
    }
}
