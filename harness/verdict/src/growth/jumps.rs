//! Jumps of a level: what they explain, and what remains beside one.

use super::stats::rising_line;
use crate::stats::Line;

/// The most jumps that are thought of where nothing but jumps is; half as many in half of the floors.
const MOST_JUMPS: usize = 6;
/// How much worse than something else jumps may explain the floors, and still be what they are.
const AS_GOOD: f64 = 1.2;
/// What a jump may leave of the squares that the plain line leaves, to be preferred to it.
const EXPLAINED: f64 = 0.4;

/// Whether a few jumps, and nothing else, explain the floors, or their last half, about as well as what leaves
/// `residuals`: steps at even distances look like a line beside a rhythm.
pub(super) fn explain(floors: &[f64], residuals: &[f64]) -> bool {
    let half = floors.len() / 2;
    let explained = |from: usize, jumps: usize| {
        let rss: f64 = residuals[from..].iter().map(|rest| rest * rest).sum();
        least_squares(&floors[from..], jumps) <= AS_GOOD * rss
    };
    explained(0, MOST_JUMPS) || explained(half, MOST_JUMPS / 2)
}

/// What the best course of constant levels with so many jumps leaves (Bellman 1961).
fn least_squares(floors: &[f64], jumps: usize) -> f64 {
    let flat = Flat::new(floors);
    let count = floors.len();
    let mut least: Vec<f64> = (0..=count).map(|to| flat.rss(0, to)).collect();
    for _ in 0..jumps {
        let best = |to: usize| (1..to).map(|from| least[from] + flat.rss(from, to)).fold(least[to], f64::min);
        least = (0..=count).map(best).collect();
    }
    least[count]
}

/// Sums of floors, for the squares that a constant leaves of any stretch of them.
struct Flat(Vec<(f64, f64)>);

impl Flat {
    fn new(floors: &[f64]) -> Self {
        let mut sums = vec![(0.0, 0.0)];
        for floor in floors {
            let (sum, squares) = sums[sums.len() - 1];
            sums.push((sum + floor, squares + floor * floor));
        }
        Self(sums)
    }

    fn rss(&self, from: usize, to: usize) -> f64 {
        let (sum, squares) = (self.0[to].0 - self.0[from].0, self.0[to].1 - self.0[from].1);
        (squares - sum * sum / (to - from).max(1) as f64).max(0.0)
    }
}

/// The line through the points; where one jump explains most of what it leaves, the line beside that jump.
pub(super) fn line_beside_a_jump(points: &[(f64, f64)]) -> Option<Line> {
    let plain = rising_line(points)?;
    let beside = |at: usize| {
        let height = jump_before(points, at)?;
        let levelled = points.iter().enumerate().map(|(index, (x, y))| (*x, if index < at { *y } else { y - height }));
        rising_line(&levelled.collect::<Vec<_>>())
    };
    let jumps = (2..points.len().saturating_sub(1)).filter_map(beside);
    let best = jumps.min_by(|one, other| one.rss.total_cmp(&other.rss));
    Some(best.filter(|best| best.rss < EXPLAINED * plain.rss).unwrap_or(plain))
}

/// The height of the jump before the point `at`, between two lines of one slope.
fn jump_before(points: &[(f64, f64)], at: usize) -> Option<f64> {
    let (before, after) = points.split_at(at);
    let ([one, two], [left, right]) = ([before, after].map(centre), [before, after]);
    let parts = [(left, one), (right, two)].map(|(part, centre)| tilt(part, centre));
    let (squares, products) = (parts[0].0 + parts[1].0, parts[0].1 + parts[1].1);
    (squares > 0.0).then(|| two.1 - one.1 - products / squares * (two.0 - one.0))
}

fn centre(points: &[(f64, f64)]) -> (f64, f64) {
    let sum = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    (sum.0 / points.len() as f64, sum.1 / points.len() as f64)
}

/// The sum of squares of x, and that of products of x and y, around the centre.
fn tilt(points: &[(f64, f64)], (x, y): (f64, f64)) -> (f64, f64) {
    points
        .iter()
        .fold((0.0, 0.0), |sum, point| (sum.0 + (point.0 - x) * (point.0 - x), sum.1 + (point.0 - x) * (point.1 - y)))
}
