//! Connections: those that the target makes, by the port that they are to, and those that it does not close.

use timeline::Metric;

use super::counts::words;
use super::{Case, Judgement, Terms};
use crate::finding::{Evidence, Verdict};

impl<'a> Case<'a> {
    /// What is counted of connections, in the order of its names.
    pub(super) fn connections(self) -> impl Iterator<Item = Metric> + use<'a> {
        let of_target = self.timeline.series.keys().filter(|key| key.subject == timeline::Subject::Target);
        let counts = |metric: &Metric| *metric == Metric::CloseWait || metric.port_of_connections().is_some();
        of_target.map(|key| key.metric).filter(counts)
    }

    /// Whether any of them keep growing. Each is heard at its share of the chance of error.
    pub(super) fn connection_growth(self) -> Judgement {
        let metrics: Vec<Metric> = self.connections().collect();
        let alpha = self.terms.alpha / metrics.len().max(1) as f64;
        let case = Case { terms: Terms { alpha, ..self.terms }, ..self };
        let judged = metrics.iter().filter_map(|metric| {
            let series = self.target_series(*metric)?;
            let judged = self.not_more(*metric, series).unwrap_or_else(|| case.growth_of_count(*metric, series));
            // Where sockets change all the time, the kernel's table is read so seldom that the detector sees too little.
            let open = judged.verdict == Verdict::Inconclusive;
            Some(self.climbs(*metric, series).filter(|_| open).unwrap_or(judged))
        });
        let Some(worst) = judged.max_by_key(|one| one.verdict) else {
            return Judgement::no_data("no connection was seen");
        };
        if worst.verdict != Verdict::Pass {
            return worst;
        }
        let names: Vec<&str> = metrics.iter().map(|metric| words(*metric)).collect();
        let summary = format!("no kind of connection keeps growing: {}", names.join(", "));
        Judgement { summary, evidence: Evidence { value: None, ..worst.evidence }, ..worst }
    }
}
