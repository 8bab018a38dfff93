//! A quantity over runs: a line of blocks, and where it has changed.

use serde_json::{Value, json};
use verdict::history::{ChangePoint, FEWEST, History};

use crate::chart;
use crate::clean::one_line;
use crate::compare::signed;
use crate::paint::Style;
use crate::summary::sorted;
use crate::terminal::{detail, mark};

/// Each quantity with its line and its change points.
pub fn history_terminal(scenario: &str, histories: &[History], style: Style) -> String {
    if histories.iter().all(|history| history.values.is_empty()) {
        return format!("no runs of {} that could be measured\n", one_line(scenario));
    }
    let told = histories.iter().filter(|history| !history.values.is_empty());
    told.map(|history| lines(history, style).join("\n") + "\n").collect::<Vec<_>>().join("\n")
}

fn lines(history: &History, style: Style) -> Vec<String> {
    let values: Vec<f64> = history.values.iter().map(|(_, value)| *value).collect();
    let amount = |value: f64| history.quantity.amount(value);
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let runs = if values.len() == 1 { "1 run".to_owned() } else { format!("{} runs", values.len()) };
    let shown = values.len().saturating_sub(style.width.saturating_sub(2));
    let mut lines = vec![
        format!("{}, {} to {}, {runs}", history.quantity.name(), amount(low), amount(high)),
        format!("  {}", chart::blocks(&values[shown..])),
    ];
    if !history.is_long_enough() {
        lines.extend(detail(&format!("change points take {FEWEST} runs"), 2, style));
    } else if history.changes.is_empty() {
        lines.extend(detail("no change point", 2, style));
    }
    lines.extend(history.changes.iter().map(|change| told(change, style)));
    lines
}

/// `  ✘ regression   in 89abcde, after 0123456: 20 MiB → 31 MiB, +55 %`
fn told(one: &ChangePoint, style: Style) -> String {
    let verdict = one.change.verdict();
    let word = style.paint(verdict, &format!("{} {:11}", mark(verdict), one.change.word()));
    let (before, after) = (one_line(&one.before), one_line(&one.after));
    format!("  {word}  in {after}, after {before}: {} → {}, {}", one.from, one.to, signed(one.difference))
}

/// The histories for machines.
pub fn history_json(scenario: &str, histories: &[History]) -> Value {
    sorted(json!({ "schema": 1, "scenario": scenario, "quantities": histories }))
}

#[cfg(test)]
mod tests {
    use verdict::compare::{Measurement, Quantity};
    use verdict::history::Point;

    use super::*;

    fn history(count: usize) -> History {
        let point = |at: usize| {
            let value = if at < 8 { 1e8 } else { 1.2e8 } + (at * 7 % 5) as f64 * 1e5;
            Point { name: format!("c{at}"), measured: Measurement::new(value, 0.0, "test".to_owned()) }
        };
        History::new(Quantity::Peak, &(0..count).map(point).collect::<Vec<_>>())
    }

    #[test]
    fn a_change_point_is_named_by_its_commit() {
        let text = history_terminal("chat", &[history(16)], Style { colour: false, width: 100 });
        let expected = "\
memory.peak, 95.4 MiB to 115 MiB, 16 runs
  ▁▁▁▁▁▁▁▁████████
  ✘ regression   in c8, after c7: 95.6 MiB → 115 MiB, +19.9 %
";
        assert_eq!(text, expected, "\n{text}");
        let json = history_json("chat", &[history(16)]);
        assert_eq!(json["quantities"][0]["changes"][0]["after"], "c8");
    }

    #[test]
    fn what_is_too_short_says_so() {
        let text = history_terminal("chat", &[history(4)], Style { colour: false, width: 100 });
        assert!(text.ends_with("  - change points take 10 runs\n"), "{text}");
        assert_eq!(
            history_terminal("chat", &[], Style { colour: false, width: 100 }),
            "no runs of chat that could be measured\n"
        );
    }
}
