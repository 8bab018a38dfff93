//! One request and its answer, by reqwest.

use std::net::SocketAddr;
use std::str::FromStr;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Request, Url};

use crate::LoadError;
use crate::failure::Failure;

/// A client with at most one idle connection, which adds nothing to what the journey says.
///
/// The certificates of the system are left out: they cost milliseconds and 100 kB a client, and a
/// target is spoken to in plain HTTP. Compression is off because goose switches reqwest's feature on
/// for the whole tree, and the target would be asked to compress what nobody asked it to.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
        .tls_certs_only([])
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .pool_max_idle_per_host(1)
        .build()
}

/// Makes the request that each round sends a copy of.
pub(crate) fn request(plan: &scenario::Request, address: SocketAddr) -> Result<Request, LoadError> {
    let refused = |source| LoadError::Request { step: plan.name.clone(), source };
    let url = Url::from_str(&format!("http://{address}{}", plan.path)).map_err(|error| refused(error.into()))?;
    let method =
        plan.method.name().parse().map_err(|error: <reqwest::Method as FromStr>::Err| refused(error.into()))?;
    let mut request = Request::new(method, url);
    for (name, value) in &plan.headers {
        let name = HeaderName::from_str(name).map_err(|error| refused(error.into()))?;
        let value = HeaderValue::from_str(value).map_err(|error| refused(error.into()))?;
        request.headers_mut().append(name, value);
    }
    *request.body_mut() = match &plan.body {
        Some(scenario::Body::Text(text)) => Some(Body::from(text.clone())),
        Some(scenario::Body::Json { json }) => Some(Body::from(json.to_string())),
        _ => None,
    };
    Ok(request)
}

/// Sends `request` and reads the answer to its end, so that the connection can be used again.
pub(crate) async fn exchange(client: &Client, request: Request) -> Result<u16, Failure> {
    let mut answer = client.execute(request).await.map_err(|error| Failure::from(&error))?;
    while answer.chunk().await.map_err(|error| Failure::from(&error))?.is_some() {}
    Ok(answer.status().as_u16())
}
