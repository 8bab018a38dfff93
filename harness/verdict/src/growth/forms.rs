//! The dictionary of curves that a benign service, or an accelerating leak, may draw.

/// Where a curve is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// The window's place in its segment, counted from 0.
    pub(super) index: usize,
    /// The window's middle as a share of its segment.
    pub(super) place: f64,
    /// Time since the load began, as a share of the warm window.
    pub(super) warmth: f64,
}

/// A curve without its height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// 1 - exp(-(u / time)^power): a warm-up, stretched where the power is below 1; u is the warmth.
    Saturation {
        /// The time constant, in warm windows.
        time: f64,
        /// The stretching power, 1 for the plain exponential.
        power: f64,
    },
    /// min(u / end, 1): a cache that fills to its cap at `end` warm windows.
    Fill {
        /// The end of the filling, in warm windows.
        end: f64,
    },
    /// ln(1 + u / time): fragmentation.
    Logarithm {
        /// The time constant, in warm windows.
        time: f64,
    },
    /// 0 before the window of this index, 1 from it on.
    Step {
        /// The index of the first window of the upper level.
        at: usize,
    },
    /// exp(rate v) - 1: growth that feeds on itself; v is the place.
    Runaway {
        /// How many e-foldings fit in the segment.
        rate: f64,
    },
    /// max(v - start, 0): growth that begins late.
    LateStart {
        /// The beginning, as a share of the segment.
        start: f64,
    },
}

impl Form {
    /// The curve's height at a point.
    pub(super) fn at(self, point: &Point) -> f64 {
        let (u, v) = (point.warmth, point.place);
        match self {
            Self::Saturation { time, power: 1.0 } => -(-u / time).exp_m1(),
            Self::Saturation { time, power } => -(-(u / time).powf(power)).exp_m1(),
            Self::Fill { end } => (u / end).min(1.0),
            Self::Logarithm { time } => (u / time).ln_1p(),
            Self::Step { at } => f64::from(u8::from(point.index >= at)),
            Self::Runaway { rate } => (rate * v).exp_m1(),
            Self::LateStart { start } => (v - start).max(0.0),
        }
    }

    /// Whether it is a jump, whose place is one more thing that was chosen.
    pub(super) fn is_step(self) -> bool {
        matches!(self, Self::Step { .. })
    }
}

/// How closely the curves of the dictionary lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grain {
    /// Wide enough to compare ways of taking floors.
    Coarse,
    /// So close that the true curve lies between neighbours that differ by less than the noise.
    Fine,
}

/// The bounded and the decelerating curves, for a segment of `windows` windows: saturations with time constants up
/// to 0.4, fillings up to 0.64, logarithms up to 0.12 warm windows, and a jump at every window.
pub(super) fn benign(windows: usize, grain: Grain) -> Vec<Form> {
    let (many, powers): (_, &[f64]) = match grain {
        Grain::Coarse => (10, &[0.5, 1.0]),
        Grain::Fine => (26, &[0.5, 0.6, 0.7, 0.85, 1.0]),
    };
    let saturation = |time| powers.iter().map(move |&power| Form::Saturation { time, power });
    let saturations = between(0.008, 0.4, many).flat_map(saturation);
    let fills = between(0.04, 0.64, many / 2).map(|end| Form::Fill { end });
    let logarithms = between(0.0008, 0.12, many / 2).map(|time| Form::Logarithm { time });
    let steps = (2..windows.saturating_sub(1)).map(|at| Form::Step { at });
    saturations.chain(fills).chain(logarithms).chain(steps).collect()
}

/// The accelerating curves: beside them a straight line is no worse an answer for being straight.
pub(super) fn accelerating(grain: Grain) -> Vec<Form> {
    let many = if grain == Grain::Coarse { 6 } else { 18 };
    let runaways = between(0.7, 7.0, many).map(|rate| Form::Runaway { rate });
    let starts = between(0.1, 0.65, many).map(|start| Form::LateStart { start });
    runaways.chain(starts).collect()
}

/// Numbers between two, each the same multiple of the one before.
fn between(first: f64, last: f64, many: u32) -> impl Iterator<Item = f64> {
    (0..many).map(move |at| first * (last / first).powf(f64::from(at) / f64::from(many - 1)))
}
