//! A chart is a value: two axes, and bands, layers, levels and moments on them. It becomes SVG that is as wide as its
//! place, whose text is of one size everywhere, and that reads without style sheet and script.

mod draw;

use super::axis::Axis;
use super::markup::Markup;
use super::thin::Point;

/// A picture of something against something.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// What it shows: its name.
    pub(crate) title: String,
    /// What is to be seen on it, for those who do not see it.
    pub(crate) text: String,
    /// The height of what is drawn, without names of phases and ticks, in pixels.
    pub(crate) height: u32,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Stretches of x, from the back to the front.
    pub(crate) bands: Vec<Band>,
    /// What is drawn, from the back to the front.
    pub(crate) layers: Vec<Layer>,
    /// Values of y with a name.
    pub(crate) levels: Vec<Level>,
    /// Values of x with a name.
    pub(crate) moments: Vec<Moment>,
}

/// A colour by its meaning. The names of the first are those of what is drawn first, second and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    First,
    Second,
    Third,
    Fourth,
    Fifth,
    Sixth,
    /// What has only to be there.
    Quiet,
    /// What is allowed, and what failed.
    Limit,
}

/// A stretch of x.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// Written at its top; may be empty.
    pub(crate) name: String,
    pub(crate) shade: Shade,
}

/// How a band looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shade {
    /// A phase without load.
    Idle,
    /// A phase with load.
    Loaded,
    /// What was judged.
    Judged,
}

/// One thing that is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// In the legend, and beside its values; nothing is written of one without a name.
    pub(crate) name: String,
    pub(crate) tone: Tone,
    pub(crate) shape: Shape,
}

/// How points are drawn. A point whose y is no number breaks a line.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A line through them.
    Line(Vec<Point>),
    /// A line that counts.
    Bold(Vec<Point>),
    /// A broken line through them.
    Dashed(Vec<Point>),
    /// A line that stays at each until the next.
    Steps(Vec<Point>),
    /// A dot at each.
    Dots(Vec<Point>),
    /// The area between the first half of them and, back again, the second.
    Area(Vec<Point>),
}

/// A value of y with a name.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) value: f64,
    pub(crate) name: String,
    pub(crate) tone: Tone,
}

/// A value of x with a name.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) at: f64,
    pub(crate) name: String,
}

impl Chart {
    /// One with nothing on it.
    pub(crate) fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            text: String::new(),
            height: 200,
            x,
            y,
            bands: Vec::new(),
            layers: Vec::new(),
            levels: Vec::new(),
            moments: Vec::new(),
        }
    }

    /// With one layer more.
    pub(crate) fn layer(mut self, name: impl Into<String>, tone: Tone, shape: Shape) -> Self {
        self.layers.push(Layer { name: name.into(), tone, shape });
        self
    }

    /// With a value of y that has a name.
    pub(crate) fn level(mut self, value: f64, name: impl Into<String>, tone: Tone) -> Self {
        self.levels.push(Level { value, name: name.into(), tone });
        self
    }

    /// As a figure with its title and its legend. `id` is of one chart of a page alone.
    pub(crate) fn render(&self, id: &str) -> Markup {
        draw::figure(self, id)
    }
}

impl Tone {
    /// Of what is drawn at this place among its like.
    pub(crate) fn nth(place: usize) -> Self {
        const ALL: [Tone; 6] = [Tone::First, Tone::Second, Tone::Third, Tone::Fourth, Tone::Fifth, Tone::Sixth];
        ALL[place % ALL.len()]
    }

    /// Its class, and its colour where there is no style sheet (Okabe and Ito 2008, darkened for thin lines).
    const fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::First => ("t1", "#0b62a8"),
            Self::Second => ("t2", "#d55e00"),
            Self::Third => ("t3", "#00845f"),
            Self::Fourth => ("t4", "#a64d88"),
            Self::Fifth => ("t5", "#3d9bd1"),
            Self::Sixth => ("t6", "#8a7000"),
            Self::Quiet => ("tq", "#7a7f87"),
            Self::Limit => ("tl", "#b3261e"),
        }
    }
}

impl Shape {
    pub(crate) fn points(&self) -> &[Point] {
        match self {
            Self::Line(points)
            | Self::Bold(points)
            | Self::Dashed(points)
            | Self::Steps(points)
            | Self::Dots(points)
            | Self::Area(points) => points,
        }
    }
}
