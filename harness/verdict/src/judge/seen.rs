//! How much of a stretch was seen: the share of the grid that was sampled, and the longest gap.

use std::collections::BTreeSet;
use std::time::Duration;

use scenario::ScrapePlan;
use timeline::{Amount, Elapsed, Metric};

use super::{Case, Window, as_share};

/// The share of the grid that has to have been sampled.
pub(super) const LEAST_COVERAGE: f64 = 0.9;
/// The longest gap, as a share of the stretch.
const LONGEST_GAP: f64 = 0.1;

/// What was not seen of a stretch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gaps {
    what: String,
    /// The share of the grid that was sampled.
    pub(super) share: f64,
    /// The longest time without a sample, from the start of the stretch to its end.
    pub(super) longest: Duration,
    allowed: Duration,
}

impl Gaps {
    /// Of samples that were due on a grid, in order.
    pub(super) fn new(what: &str, due: impl Iterator<Item = Elapsed>, window: Window, every: Duration) -> Self {
        let length = window.1.since(window.0);
        let points: Vec<Elapsed> = std::iter::once(window.0)
            .chain(due.filter(|due| (window.0..=window.1).contains(due)))
            .chain([window.1])
            .collect();
        let longest = points.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap_or_default();
        let sampled = (points.len() - 2) as f64 * every.as_secs_f64();
        let share = (sampled / length.as_secs_f64().max(f64::MIN_POSITIVE)).min(1.0);
        Self { what: what.to_owned(), share, longest, allowed: length.mul_f64(LONGEST_GAP).max(every * 5) }
    }

    /// Too many to say what was not seen.
    pub(super) fn are_many(&self) -> bool {
        self.share < LEAST_COVERAGE || self.longest > self.allowed
    }

    /// `the scrape of /metrics told 40 % of its grid; the longest gap is 12 s`
    pub(super) fn told(&self) -> String {
        let share: Amount = as_share(self.share);
        format!("the {} told {share} of its grid; the longest gap is {}", self.what, Elapsed::from(self.longest))
    }
}

impl<'a> Case<'a> {
    /// The page that tells of a metric.
    pub(super) fn page_of(self, metric: Metric) -> Option<&'a ScrapePlan> {
        self.plan.probes.scrapes.iter().find(|page| page.kept.iter().any(|kept| kept.metric() == metric))
    }

    /// How well a metric was seen. Of what comes when it comes, such as lines of a log, nobody can say.
    pub(super) fn gaps_of(self, metric: Metric, window: Window) -> Option<Gaps> {
        if let Some(page) = self.page_of(metric) {
            return Some(self.gaps_of_page(page, window));
        }
        let on_grid = !matches!(metric, Metric::Named(..)) && !metric.is_of_runtime();
        let series = self.target_series(metric).filter(|_| on_grid)?;
        let every = self.plan.probes.every;
        let due = series.within(window).iter().map(|sample| sample.taken);
        let mut gaps = Gaps::new(metric.name(), due, window, every);
        // What costs much is read less often on purpose.
        gaps.share = gaps.share.max(LEAST_COVERAGE);
        Some(gaps)
    }

    /// Of a page that was got, a name that is not there tells that too: so a page is seen where any of its numbers is.
    pub(super) fn gaps_of_page(self, page: &ScrapePlan, window: Window) -> Gaps {
        let series = page.kept.iter().filter_map(|kept| self.target_series(kept.metric()));
        let due: BTreeSet<Elapsed> =
            series.flat_map(|series| series.within(window)).map(|sample| sample.due.max(window.0)).collect();
        Gaps::new(&page.name(), due.into_iter(), window, page.every)
    }
}
