//! As many points as a chart can show, and none that matters less: of each column of it the lowest and the highest
//! stay, so that no peak is lost to an average.

use super::axis::Axis;

/// The columns of a chart. There are more than most screens give it.
pub(crate) const COLUMNS: usize = 1_000;
/// So many dots of a column are kept: the highest, and some of the others.
const DOTS: usize = 6;

/// `(x, y)`; y is not a number where a line is broken.
pub(crate) type Point = (f64, f64);

/// A line through `points`, which are in the order of x, as it looks on `axis`: of each column the lowest and the
/// highest. It is broken where points lie further apart than `gap`, or are no numbers.
pub(crate) fn line(points: impl Iterator<Item = Point>, axis: &Axis, gap: f64) -> Vec<Point> {
    let mut kept = Vec::new();
    let mut column = Column::default();
    let mut last: Option<f64> = None;
    for (x, y) in points {
        let broken = !y.is_finite() || last.is_some_and(|last| x - last > gap);
        if broken || column_of(x, axis) != column.at {
            column.empty_into(&mut kept);
            column.at = column_of(x, axis);
        }
        if broken && last.is_some() {
            kept.push((x, f64::NAN));
        }
        if y.is_finite() {
            column.add((x, y));
            last = Some(x);
        } else {
            last = None;
        }
    }
    column.empty_into(&mut kept);
    kept
}

/// Dots as they look on `axis`: of each column the highest, and some of the others.
pub(crate) fn dots(points: impl Iterator<Item = Point>, axis: &Axis) -> Vec<Point> {
    let mut points: Vec<Point> = points.filter(|point| point.0.is_finite() && point.1.is_finite()).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let columns = points.chunk_by_mut(|one, other| column_of(one.0, axis) == column_of(other.0, axis));
    columns.flat_map(spread).collect()
}

/// The highest of a column and some of the others, evenly from the top to the bottom.
fn spread(column: &mut [Point]) -> Vec<Point> {
    column.sort_by(|one, other| other.1.total_cmp(&one.1));
    let every = column.len().div_ceil(DOTS).max(1);
    column.iter().step_by(every).copied().collect()
}

fn column_of(x: f64, axis: &Axis) -> i64 {
    (axis.place(x) * COLUMNS as f64) as i64
}

/// What is kept of the points of one column, each with its place in the order in which they came.
#[derive(Default)]
struct Column {
    at: i64,
    count: usize,
    lowest: (usize, Point),
    highest: (usize, Point),
}

impl Column {
    fn add(&mut self, point: Point) {
        if self.count == 0 || point.1 < self.lowest.1.1 {
            self.lowest = (self.count, point);
        }
        if self.count == 0 || point.1 > self.highest.1.1 {
            self.highest = (self.count, point);
        }
        self.count += 1;
    }

    /// Both, in the order in which they came.
    fn empty_into(&mut self, kept: &mut Vec<Point>) {
        if std::mem::take(&mut self.count) == 0 {
            return;
        }
        let falls = self.highest.0 < self.lowest.0;
        let [first, second] = if falls { [self.highest, self.lowest] } else { [self.lowest, self.highest] };
        kept.push(first.1);
        if second.0 != first.0 {
            kept.push(second.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> impl Iterator<Item = Point> {
        (0..86_400).map(|second| (f64::from(second), f64::from(second % 7)))
    }

    #[test]
    fn no_peak_is_lost_and_no_dip() {
        let axis = Axis::time(0.0, 86_400.0);
        let spiky = day().map(|(x, y)| {
            (
                x,
                match x as u32 {
                    54_321 => 1e6,
                    12_345 => -1e6,
                    _ => y,
                },
            )
        });
        let kept = line(spiky, &axis, 10.0);
        assert!(kept.len() <= 2 * COLUMNS + 2, "{}", kept.len());
        assert!(kept.contains(&(54_321.0, 1e6)) && kept.contains(&(12_345.0, -1e6)));
        assert!(kept.is_sorted_by_key(|point| point.0));
        assert!(dots(day().chain([(7.5, 99.0)]), &axis).contains(&(7.5, 99.0)));
    }

    #[test]
    fn what_falls_at_one_moment_falls() {
        let axis = Axis::time(0.0, 100.0);
        let points = [(0.0, 3.0), (50.0, 3.0), (50.0, 2.0), (90.0, 2.0)];
        assert_eq!(line(points.into_iter(), &axis, f64::INFINITY), points);
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let axis = Axis::time(0.0, 100.0);
        let points = [(0.0, 1.0), (40.0, 3.0), (80.0, 2.0)];
        assert_eq!(line(points.into_iter(), &axis, f64::INFINITY), points);
    }

    #[test]
    fn a_gap_breaks_the_line() {
        let axis = Axis::time(0.0, 100.0);
        let points = [(0.0, 1.0), (1.0, 1.0), (50.0, 2.0), (51.0, f64::NAN), (52.0, 2.0)];
        let kept = line(points.into_iter(), &axis, 5.0);
        let breaks: Vec<f64> = kept.iter().filter(|point| point.1.is_nan()).map(|point| point.0).collect();
        assert_eq!(breaks, [50.0, 51.0]);
        assert_eq!(kept.iter().filter(|point| point.1.is_finite()).count(), 4);
    }
}
