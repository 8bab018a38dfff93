//! What is asked on the command line.

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Traces of each benign family at 300 s; longer runs have fewer.
    pub(crate) traces: usize,
    /// False alarms and power only, on few traces.
    pub(crate) quick: bool,
    /// Without the detectors of others.
    pub(crate) only_detector: bool,
    /// The lengths of the healthy runs, seconds.
    pub(crate) lengths: Vec<f64>,
    /// The lengths of the leaking runs, and of those that others judge, seconds.
    pub(crate) leaking_lengths: Vec<f64>,
    /// How many work at once; the results do not depend on it.
    pub(crate) threads: usize,
}

const USAGE: &str = "options: --traces N, --quick, --only detector, --lengths SECONDS,SECONDS, --threads N";

impl Default for Options {
    fn default() -> Self {
        Self {
            traces: 250,
            quick: false,
            only_detector: false,
            lengths: vec![300.0, 600.0, 3_600.0, 86_400.0],
            leaking_lengths: vec![300.0, 3_600.0],
            threads: 2,
        }
    }
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value; {USAGE}"));
            match word.as_str() {
                // Said by `cargo bench` to every bench.
                "--bench" => {}
                "--quick" => {
                    options = Self { quick: true, traces: 100, lengths: options.leaking_lengths.clone(), ..options };
                }
                "--traces" => options.traces = number(&value()?)?,
                "--threads" => options.threads = number(&value()?)?,
                "--only" if value()? == "detector" => options.only_detector = true,
                "--lengths" => {
                    options.lengths = value()?.split(',').map(number).collect::<Result<_, _>>()?;
                    options.leaking_lengths.clone_from(&options.lengths);
                }
                _ => return Err(format!("`{word}` is not known; {USAGE}")),
            }
        }
        Ok(options)
    }

    /// Traces of each benign family at a length: the longer, the fewer.
    pub(crate) fn traces_at(&self, length: f64) -> usize {
        let share = if length <= 300.0 {
            1.0
        } else if length <= 7_200.0 {
            0.6
        } else {
            0.24
        };
        (self.traces as f64 * share).ceil() as usize
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no number; {USAGE}"))
}
