//! What is known of a run before it starts: the commit, the machine, this program.

use std::collections::BTreeMap;
use std::path::Path;

use clock::Clock;
use record::About;
use timeline::show_bytes;

use crate::git::git;
use crate::scenario_file::ScenarioFile;

/// Everything that a record says of its run.
pub(crate) fn about(file: &ScenarioFile, clock: &Clock) -> About {
    let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let seed = seed(clock);
    About {
        id: record::short_id(&seed.to_le_bytes()),
        scenario: file.plan.name.clone(),
        scenario_text: file.text.clone(),
        scenario_hash: record::hash_scenario(&file.text, file.plan.profile.as_deref()),
        plan: file.plan.clone(),
        started_at: clock.started_at(),
        commit: git(folder, &["rev-parse", "HEAD"]),
        dirty: git(folder, &["status", "--porcelain", "--untracked-files=no"]).is_some(),
        // A commit that is checked out by itself is on no branch.
        branch: git(folder, &["rev-parse", "--abbrev-ref", "HEAD"]).filter(|branch| branch != "HEAD"),
        side: None,
        host: host(),
        target: None,
        image_digest: None,
        harness_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
    }
}

/// A number that no two runs share: the time of the start, and the process.
pub(crate) fn seed(clock: &Clock) -> u64 {
    let since_epoch = clock.started_at().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since_epoch.as_nanos() as u64) ^ (u64::from(std::process::id()) << 40)
}

fn host() -> BTreeMap<String, String> {
    let host = run::host();
    let facts = [
        ("cores", Some(host.cores.to_string())),
        ("memory", host.memory_bytes.map(|bytes| show_bytes(bytes as f64))),
        ("kernel", host.kernel),
        ("os", host.os),
        ("machine", Some(host.machine)),
        ("hostname", host.hostname),
        ("virtual_machine", Some(host.virtual_machine.to_string())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
