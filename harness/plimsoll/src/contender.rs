//! The sides of a duel, ready to be run.

use std::path::Path;

use report::Track;
use scenario::{Image, Launch};
use verdict::compare::Run;
use verdict::duel::Side;

use crate::checkout::Checkout;
use crate::cli::Corner;
use crate::git::commit_in;
use crate::scenario_file::{self, ScenarioFile};

/// One side.
pub(crate) struct Contender {
    /// What it is called in reports.
    pub(crate) called: String,
    /// The scenario, with the paths and the image of this side.
    pub(crate) file: ScenarioFile,
    /// What was measured of it, a run each.
    pub(crate) measured: Vec<Run>,
    /// The tracks of these runs, where they are to be drawn.
    pub(crate) tracks: Vec<Track>,
    /// What it is run from, where that is a commit: it lies there as long as this lives.
    _checkout: Option<Checkout>,
}

impl Contender {
    /// Prepares a side of the duel with this id; what lies there now, where no `corner` is named.
    ///
    /// # Errors
    /// What is wrong, ready to be shown.
    pub(crate) fn new(side: Side, corner: Option<&Corner>, file: &ScenarioFile, id: &str) -> Result<Self, String> {
        match corner {
            Some(Corner::Commit(commit)) => Self::of_commit(side, commit, file, id),
            Some(Corner::Image(image)) => Self::of_image(image, file),
            None => {
                let here = folder_of(file).to_owned();
                let file = scenario_file::moved(file, &here)?;
                Ok(Self {
                    called: "what lies here".to_owned(),
                    file,
                    measured: Vec::new(),
                    tracks: Vec::new(),
                    _checkout: None,
                })
            }
        }
    }

    fn of_commit(side: Side, called: &str, file: &ScenarioFile, id: &str) -> Result<Self, String> {
        let within = folder_of(file);
        let commit = commit_in(within, called).ok_or_else(|| {
            let hint = "hint: name a commit, branch or tag of the scenario's repository, or `image:NAME`";
            format!("error: git knows no commit `{called}`\n{hint}")
        })?;
        let refused = |why: String| format!("error: `{called}` cannot be checked out: {why}");
        let folder = std::env::temp_dir().join(format!("plimsoll-duel-{id}-{}", side.word()));
        let checkout = Checkout::new(within, &commit, folder).map_err(&refused)?;
        let folder = checkout.folder_of(within).map_err(|why| refused(why.to_string()))?;
        let file = scenario_file::moved(file, &folder)?;
        let short: String = commit.chars().take(7).collect();
        let called = if commit.starts_with(called) { short } else { format!("{called} ({short})") };
        Ok(Self { called, file, measured: Vec::new(), tracks: Vec::new(), _checkout: Some(checkout) })
    }

    fn of_image(image: &str, file: &ScenarioFile) -> Result<Self, String> {
        let mut file = scenario_file::moved(file, folder_of(file))?;
        let Launch::Container(container) = &mut file.plan.target.launch else {
            let hint = "hint: name a commit, branch or tag, or let `target` be a `container`";
            return Err(format!(
                "error: the target is no container, so the image {image} cannot be run for it\n{hint}"
            ));
        };
        container.image = Image::Named(image.to_owned());
        Ok(Self { called: image.to_owned(), file, measured: Vec::new(), tracks: Vec::new(), _checkout: None })
    }
}

/// Where the scenario lies.
fn folder_of(file: &ScenarioFile) -> &Path {
    file.path.parent().unwrap_or(Path::new("/"))
}
