//! What is known of a run besides what it saw.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::SystemTime;

use jiff::Timestamp;
use scenario::Plan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What is known of a run before it starts, and what is learnt once the target is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The run's short id, from [`short_id`]; [`Writer::create`](crate::Writer::create) takes another
    /// one where it is taken.
    pub id: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario file as it was given.
    pub scenario_text: String,
    /// SHA-256 of that text and of the profile that was laid over it, from [`hash_scenario`].
    pub scenario_hash: String,
    /// What was to happen.
    pub plan: Plan,
    /// When the run started, by the wall clock; RFC 3339 where it is stored.
    #[serde(with = "rfc_3339")]
    pub started_at: SystemTime,
    /// The git commit that was checked out, where there was one.
    pub commit: Option<String>,
    /// Were there changes that the commit does not have?
    pub dirty: bool,
    /// The git branch.
    pub branch: Option<String>,
    /// The side of the duel that it was made for, where it was: `k3j2ab/candidate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// The machine: `hostname`, `cores`, `memory`, `kernel` and the like.
    pub host: BTreeMap<String, String>,
    /// What was launched: a container's name and id, or a process and its pid.
    pub target: Option<String>,
    /// The digest of the image that was launched.
    pub image_digest: Option<String>,
    /// The version of this program.
    pub harness_version: String,
    /// The seed of everything that was drawn at random.
    pub seed: u64,
}

impl About {
    /// When the run started, as RFC 3339 in UTC to the second: `2026-03-01T12:00:00Z`.
    pub fn started_at_text(&self) -> String {
        rfc_3339(self.started_at)
    }
}

/// The time as RFC 3339 in UTC to the second: `2026-03-01T12:00:00Z`.
pub fn rfc_3339(time: SystemTime) -> String {
    timestamp(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The time as jiff knows it; what lies out of its reach (the year 9999) counts as the epoch.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// SHA-256 of `text` in hexadecimal.
pub fn hash_text(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// SHA-256 of a scenario in hexadecimal: of its text, and where a profile was laid over it, of the two.
pub fn hash_scenario(text: &str, profile: Option<&str>) -> String {
    profile.map_or_else(|| hash_text(text), |profile| hash_text(&format!("{text}\0{profile}")))
}

/// Six letters and digits that stand for `entropy`: what differs between two runs, such as the start
/// to the nanosecond with the harness's pid. The alphabet is Crockford's base 32: nothing to misread.
pub fn short_id(entropy: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digest = Sha256::digest(entropy);
    digest.iter().take(6).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// A point in time as RFC 3339 text.
pub(crate) mod rfc_3339 {
    use std::time::SystemTime;

    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&super::timestamp(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<Timestamp>().map(SystemTime::from).map_err(D::Error::custom)
    }
}
