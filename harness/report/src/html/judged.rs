//! A chart of exactly what a finding rests on.

use scenario::Rule;
use verdict::Finding;

use super::chart::Chart;
use super::frame::Frame;

pub(super) fn chart(frame: &Frame, finding: &Finding) -> Option<Chart> {
    let _ = (frame, finding, Rule::TargetAlive);
    None
}
