//! Pages that tell numbers: what is kept of them, in which unit.

use std::collections::BTreeSet;
use std::time::Duration;

use timeline::Unit;

use super::Resolver;
use super::load::has_port;
use super::probes::{FASTEST, SLOWEST};
use crate::json_path::JsonPath;
use crate::line_pattern::LinePattern;
use crate::plan::{PageFormat, ScrapePlan, Scraped, Selector, ServicePlan, Spot};
use crate::quantity::measure::{measure, measure_of_name};
use crate::short::Short;
use crate::spec::{ScrapeKeep, ScrapeSpec, ScrapedSpec, Spec};

/// Each page has a thread of its own.
const MOST_PAGES: usize = 16;
const PAGE_HINT: &str = "`{prometheus: /metrics, keep: [go_goroutines]}`, `{json: /debug/vars, keep: {...}}` or \
                         `{text: /metrics, keep: {...}}`";

impl Resolver<'_> {
    /// The pages that are got; `names` are the series that there are already.
    pub(super) fn scrapes(
        &mut self,
        spec: &Spec,
        services: &[ServicePlan],
        every: Duration,
        names: &mut BTreeSet<String>,
    ) -> Vec<ScrapePlan> {
        let written = spec.probes.as_ref().map(|probes| probes.scrape.as_slice()).unwrap_or_default();
        if written.len() > MOST_PAGES {
            let message = format!("{} pages are too many to get beside the load", written.len());
            self.refuse(&["probes", "scrape"], message, format!("{MOST_PAGES} at most"));
        }
        let mut all = Vec::new();
        for (index, page) in written.iter().enumerate() {
            let index = index.to_string();
            let place = ["probes", "scrape", &index];
            match &page.service {
                Some(name) => self.is_page_of_service(&place, name, page.port, services),
                None if page.port.is_none() && !has_port(spec) => {
                    self.refuse(&place, "the target has no port", "say the page's: `port: 9100`");
                }
                None => {}
            }
            all.extend(self.page(&place, page, every, names));
        }
        all
    }

    fn page(
        &mut self,
        place: &[&str],
        spec: &ScrapeSpec,
        every: Duration,
        names: &mut BTreeSet<String>,
    ) -> Option<ScrapePlan> {
        let (format, path) = match (&spec.prometheus, &spec.json, &spec.text) {
            (Some(path), None, None) => (PageFormat::Prometheus, path),
            (None, Some(path), None) => (PageFormat::Json, path),
            (None, None, Some(path)) => (PageFormat::Text, path),
            _ if self.is_known_bad(place) => return None,
            _ => {
                self.refuse(place, "a scrape is of one page, of one kind", PAGE_HINT);
                return None;
            }
        };
        self.path(&[place, &[format.key()]].concat(), path);
        let headers: Vec<(String, String)> = spec.headers.clone().into_iter().collect();
        self.headers(place, &headers);
        if spec.port == Some(0) {
            self.refuse(&[place, &["port"]].concat(), "there is no port 0", "the port of the page, such as `9100`");
        }
        let grid = spec.every.map_or(every, |span| span.0);
        if !(FASTEST..=SLOWEST).contains(&grid) {
            self.refuse(&[place, &["every"]].concat(), "the cadence is out of reach", "from `20ms` to `60s`");
        }
        let kept = self.kept_of_page(place, format, &spec.keep, names);
        let (path, service) = (path.clone(), spec.service.clone());
        Some(ScrapePlan { path, host: None, service, port: spec.port, every: grid, headers, format, kept })
    }

    fn kept_of_page(
        &mut self,
        place: &[&str],
        format: PageFormat,
        keep: &ScrapeKeep,
        names: &mut BTreeSet<String>,
    ) -> Vec<Scraped> {
        // By what stands at its place: the number of an item, or a key.
        let mut written: Vec<(String, &str, Short<String, ScrapedSpec>)> = Vec::new();
        match keep {
            ScrapeKeep::Listed(listed) => {
                for (index, name) in listed.iter().enumerate() {
                    written.push((index.to_string(), name, Short::Short(name.clone())));
                }
            }
            ScrapeKeep::Named(entries) => {
                written.extend(entries.iter().map(|(name, spec)| (name.clone(), name.as_str(), spec.clone())));
            }
        }
        if matches!(keep, ScrapeKeep::Listed(_)) && format != PageFormat::Prometheus {
            let hint = "give each a name: `keep: {heap: ...}`";
            self.refuse(&[place, &["keep"]].concat(), "what is kept of such a page has no name of its own", hint);
            return Vec::new();
        }
        if written.is_empty() && !self.is_known_bad(place) {
            self.refuse(&[place, &["keep"]].concat(), "nothing is kept of the page", PAGE_HINT);
        }
        let mut kept = Vec::new();
        for (key, name, spec) in &written {
            let place = [place, &["keep", key.as_str()]].concat();
            self.new_series(&place, name, names);
            kept.extend(self.scraped(&place, format, name, spec));
        }
        kept
    }

    fn scraped(
        &mut self,
        place: &[&str],
        format: PageFormat,
        name: &str,
        written: &Short<String, ScrapedSpec>,
    ) -> Option<Scraped> {
        let (source, unit) = match written {
            Short::Short(source) => (source.as_str(), None),
            Short::Long(long) => (self.told_by(place, format, long)?, long.unit.as_deref()),
        };
        let spot = self.spot(place, format, source)?;
        let (unit, scale) = self.told_unit(place, unit).unwrap_or_else(|| match &spot {
            Spot::Sample(selector) => measure_of_name(&selector.name),
            Spot::Json(_) => measure_of_name(name),
            Spot::Line(pattern) => pattern.measure(),
        });
        Some(Scraped { name: name.to_owned(), spot, unit, scale })
    }

    fn told_by<'s>(&mut self, place: &[&str], format: PageFormat, long: &'s ScrapedSpec) -> Option<&'s str> {
        let (key, right, others) = match format {
            PageFormat::Prometheus => ("metric", &long.metric, [&long.path, &long.pattern]),
            PageFormat::Json => ("path", &long.path, [&long.metric, &long.pattern]),
            PageFormat::Text => ("pattern", &long.pattern, [&long.metric, &long.path]),
        };
        if right.is_none() || others.iter().any(|other| other.is_some()) {
            let message = format!("of a page of `{}`, `{key}` says what is kept", format.key());
            self.refuse(place, message, format!("write `{{{key}: ..., unit: ...}}`"));
        }
        right.as_deref()
    }

    fn spot(&mut self, place: &[&str], format: PageFormat, source: &str) -> Option<Spot> {
        match format {
            PageFormat::Prometheus => {
                let selector = Selector::read(source);
                if selector.is_none() {
                    let hint = "a name, with labels or without: `http_requests_total{code=\"500\"}`";
                    self.refuse(place, format!("`{source}` is no name of a metric"), hint);
                }
                selector.map(Spot::Sample)
            }
            PageFormat::Json => {
                let rooted = if source.starts_with(['$', '[']) { source.to_owned() } else { format!("$.{source}") };
                let rooted = if rooted.starts_with('[') { format!("${rooted}") } else { rooted };
                let path = JsonPath::read(&rooted);
                if path.is_none() {
                    let hint = "keys and indices: `memstats.HeapAlloc`, `$.pools[0]['in use']`";
                    self.refuse(place, format!("`{source}` is not a path into JSON"), hint);
                }
                path.map(Spot::Json)
            }
            PageFormat::Text => match LinePattern::new(source) {
                Ok(pattern) => {
                    self.marks_a_number(place, &pattern);
                    Some(Spot::Line(pattern))
                }
                Err(why) => {
                    let hint = "write a regular expression, in single quotes";
                    self.refuse(place, format!("`{source}` is not a pattern: {why}"), hint);
                    None
                }
            },
        }
    }

    /// A unit that the scenario says.
    pub(super) fn told_unit(&mut self, place: &[&str], unit: Option<&str>) -> Option<(Unit, f64)> {
        let unit = unit?;
        let told = measure(unit);
        if told.is_none() {
            let hint = "`B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `ns`, `us`, `ms`, `s`, `%` or `none`";
            self.refuse(&[place, &["unit"]].concat(), format!("`{unit}` is no unit"), hint);
        }
        told
    }
}
