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
    /// Over how much of the warm window, around that, the floor is a mean; 0 where it stands for one moment.
    pub(super) breadth: f64,
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
    /// The curve's height at a point: its mean, where the floor is one. Where a curve is steep, that is not its height
    /// in the middle.
    pub(super) fn at(self, point: &Point) -> f64 {
        if point.breadth == 0.0 {
            return self.height(point, point.warmth);
        }
        let parts = if point.index < STEEP { 6 } else { 1 };
        let part = |at: u32| point.warmth + point.breadth * ((f64::from(at) + 0.5) / f64::from(parts) - 0.5);
        (0..parts).map(|at| self.height(point, part(at).max(0.0))).sum::<f64>() / f64::from(parts)
    }

    /// Up to a constant, which is taken out anyway.
    fn height(self, point: &Point, u: f64) -> f64 {
        match self {
            Self::Saturation { time, power: 1.0 } => -(-u / time).exp(),
            Self::Saturation { time, power } => -(-(u / time).powf(power)).exp(),
            Self::Fill { end } => (u / end).min(1.0),
            Self::Logarithm { time } => (1.0 + u / time).ln(),
            Self::Step { at } => f64::from(u8::from(point.index >= at)),
            Self::Runaway { rate } => (rate * point.place).exp(),
            Self::LateStart { start } => (point.place - start).max(0.0),
        }
    }

    /// The same curve with a time constant that is `factor` times as long; none for a jump.
    pub(super) fn stretched(self, factor: f64) -> Option<Self> {
        match self {
            Self::Saturation { time, power } => Some(Self::Saturation { time: time * factor, power }),
            Self::Fill { end } => Some(Self::Fill { end: end * factor }),
            Self::Logarithm { time } => Some(Self::Logarithm { time: time * factor }),
            Self::Step { .. } | Self::Runaway { .. } | Self::LateStart { .. } => None,
        }
    }

    /// Whether it has done most of its rise by the end of the warm window: the limits of [`benign`].
    pub(super) fn ends_in_time(self) -> bool {
        match self {
            Self::Saturation { time, .. } => time <= LONGEST_SATURATION,
            Self::Fill { end } => end <= LONGEST_FILL,
            Self::Logarithm { time } => time <= LONGEST_LOGARITHM,
            Self::Step { .. } | Self::Runaway { .. } | Self::LateStart { .. } => true,
        }
    }

    /// How many e-foldings of growth that feeds on itself fit in the segment.
    pub(super) fn rate(self) -> Option<f64> {
        if let Self::Runaway { rate } = self { Some(rate) } else { None }
    }

    /// Whether it is a jump, whose place is one more thing that was chosen.
    pub(super) fn is_step(self) -> bool {
        matches!(self, Self::Step { .. })
    }
}

/// In so many windows of a segment a curve may be so steep that its mean is not its height in the middle.
const STEEP: usize = 8;
/// The longest time constants, in warm windows: a saturation has then done 92 % of its rise within the warm window.
const LONGEST_SATURATION: f64 = 0.4;
const LONGEST_FILL: f64 = 0.64;
const LONGEST_LOGARITHM: f64 = 0.12;
/// The time constants of saturations that have not, in warm windows.
const UNFINISHED: [f64; 2] = [0.45, 3.0];

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
        Grain::Fine => (18, &[0.5, 0.65, 0.8, 1.0]),
    };
    let saturation = |time| powers.iter().map(move |&power| Form::Saturation { time, power });
    let saturations = between(0.008, LONGEST_SATURATION, many).flat_map(saturation);
    let fills = between(0.04, LONGEST_FILL, many / 2).map(|end| Form::Fill { end });
    let logarithms = between(0.0008, LONGEST_LOGARITHM, many / 2).map(|time| Form::Logarithm { time });
    let steps = (2..windows.saturating_sub(1)).map(|at| Form::Step { at });
    saturations.chain(fills).chain(logarithms).chain(steps).collect()
}

/// Saturations that do not end within the warm window. A straight line is nearly one of them, so they are reckoned
/// with only where the floors bend.
pub(super) fn unfinished(grain: Grain) -> Vec<Form> {
    let many = if grain == Grain::Coarse { 0 } else { 12 };
    between(UNFINISHED[0], UNFINISHED[1], many).map(|time| Form::Saturation { time, power: 1.0 }).collect()
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
