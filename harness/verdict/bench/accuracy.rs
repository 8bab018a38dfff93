//! Whether the interval holds the truth.

use corpus::KINDS;
use verdict::growth::{Growth, Trend};

use crate::statistics::quantile;
use crate::table::{Table, percent};
use crate::trial::{Judged, SHRINKING};

/// The interval of the slope against the slope at the end and the mean over the run, of leaks of G = 8 and more.
///
/// Bases that shrink up to the end are left out: there the memory grows by less than is leaked.
pub(crate) fn table(leaks: &[Judged]) -> Table {
    let mut judged = leaks.to_vec();
    judged.retain(|one| !SHRINKING.contains(&one.trial.family));
    judged.retain(|one| one.trial.leak.is_some_and(|leak| leak.size >= 8.0));
    let title = "The interval of the slope, leaks of G = 8 and more (the error: median, of those called a leak)";
    let mut table =
        Table::new(title, &["kind", "runs", "held the end", "all above it", "all below it", "held the mean", "error"]);
    for kind in KINDS {
        let of_kind = judged.iter().filter(|one| one.trial.leak.is_some_and(|leak| leak.kind == kind));
        table.row(line(&format!("{kind:?}"), of_kind));
    }
    table.row(line("**all**", judged.iter()));
    table
}

fn line<'a>(name: &str, judged: impl Iterator<Item = &'a Judged>) -> [String; 7] {
    let pairs: Vec<(&Judged, &Growth)> =
        judged.filter_map(|one| one.growth.as_ref().map(|growth| (one, growth))).collect();
    let share = |is: &dyn Fn(&Judged, &Growth) -> bool| {
        percent(pairs.iter().filter(|(one, growth)| is(one, growth)).count(), pairs.len())
    };
    let above = share(&|one, growth| growth.lower > one.slope);
    let below = share(&|one, growth| growth.upper < one.slope);
    let held = share(&|one, growth| (growth.lower..=growth.upper).contains(&one.slope));
    let mean = share(&|one, growth| (growth.lower..=growth.upper).contains(&(one.leaked / one.trial.length)));
    let called = pairs.iter().filter(|(_, growth)| growth.verdict == Trend::Leak);
    let errors: Vec<f64> = called.map(|(one, growth)| (growth.slope_per_second / one.slope - 1.0).abs()).collect();
    let error = format!("{:.0} %", 100.0 * quantile(&errors, 0.5));
    [name.to_owned(), pairs.len().to_string(), held, above, below, mean, error]
}
