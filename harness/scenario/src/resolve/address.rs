//! A target of which only the address is known.

use url::Url;

use super::Resolver;
use crate::plan::{Address, AttachPlan, Launch, Plan, Scheme, Step};

const PLACE: [&str; 3] = ["target", "attach", "url"];
const EXAMPLE: &str = "for example `http://127.0.0.1:8080`, or with a path that stands before all others";

impl Resolver<'_> {
    /// Reads `http://host:port/base`.
    pub(super) fn address(&mut self, text: &str) -> Address {
        let read = Url::parse(text).map_err(|error| error.to_string()).and_then(|url| address(&url));
        read.unwrap_or_else(|why| {
            self.refuse(&PLACE, format!("`{text}` is no address of a target: {why}"), EXAMPLE);
            Address { scheme: Scheme::Http, host: String::new(), port: 0, base: String::new() }
        })
    }

    /// Completes a plan for such a target: its base stands before each path, and requests name its host. What would
    /// neither do nor see anything is refused.
    pub(super) fn at_address(&mut self, plan: &mut Plan) {
        let Launch::Attach(AttachPlan::Url(address)) = &plan.target.launch else { return };
        if address.scheme == Scheme::Https {
            self.refuse(&PLACE, "https is not spoken yet", "write `http://`, or put a proxy before it that ends TLS");
        }
        if !plan.phases.is_empty() && !plan.makes_load() && plan.command.is_none() {
            let hint = "give it journeys and a phase with `users: 10`, or a command; or attach by `pid` or `container`";
            self.refuse(&PLACE, "an address alone can be loaded, and there is no load", hint);
        }
        // An address needs no name, and a client says it by itself.
        let named = address.host.parse::<std::net::Ipv4Addr>().is_err() && !address.host.starts_with('[');
        let host = named.then(|| address.authority());
        let steps = plan.journeys.iter_mut().flat_map(|journey| &mut journey.steps);
        for step in steps {
            let Step::Request(request) = step else { continue };
            request.path.insert_str(0, &address.base);
            let says_it = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
            request.headers.extend(host.iter().filter(|_| !says_it).map(|host| ("host".to_owned(), host.clone())));
        }
        if let Some(heartbeat) = &mut plan.probes.heartbeat {
            heartbeat.path.insert_str(0, &address.base);
            heartbeat.host.clone_from(&host);
        }
        for scrape in &mut plan.probes.scrapes {
            // Another port is another server.
            if scrape.port.is_none() {
                scrape.path.insert_str(0, &address.base);
            }
            scrape.host.clone_from(&host);
        }
    }
}

fn address(url: &Url) -> Result<Address, String> {
    let scheme = match url.scheme() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => return Err(format!("it begins with `{other}`")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it names a user".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it goes on behind its path".to_owned());
    }
    let host = url.host_str().ok_or("it names no host")?.to_owned();
    let port = url.port().unwrap_or(scheme.default_port());
    Ok(Address { scheme, host, port, base: url.path().trim_end_matches('/').to_owned() })
}
