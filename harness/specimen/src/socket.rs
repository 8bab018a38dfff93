//! The WebSocket echo.

use std::rc::Rc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::spawn_local;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::reply::Reply;
use crate::site::Site;

/// What a connection reads at a time. The default of 128 KiB would be most of the memory of an idle one.
const READ_BUFFER_BYTES: usize = 4 << 10;

/// Agrees to speak WebSocket, and then echoes every message; a request that does not ask for it is answered 426.
pub(crate) fn upgrade(site: &Rc<Site>, request: Request<()>) -> Reply {
    let accepted = accept_key(request.headers()).and_then(|key| HeaderValue::try_from(key).ok());
    let mut reply = Response::new(Full::new(Bytes::new()));
    reply.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(accepted) = accepted {
        *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        reply.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accepted);
        spawn_local(converse(Rc::clone(site), hyper::upgrade::on(request)));
    } else {
        *reply.status_mut() = StatusCode::UPGRADE_REQUIRED;
    }
    reply
}

/// The answer to the key of a request for WebSocket 13 (RFC 6455, 4.2.1); none where it is no such request.
fn accept_key(headers: &HeaderMap) -> Option<String> {
    let asks = headers.get(UPGRADE)?.as_bytes().eq_ignore_ascii_case(b"websocket");
    let knows = headers.get(SEC_WEBSOCKET_VERSION)?.as_bytes() == b"13";
    let key = headers.get(SEC_WEBSOCKET_KEY)?;
    (asks && knows).then(|| derive_accept_key(key.as_bytes()))
}

async fn converse(site: Rc<Site>, upgrading: OnUpgrade) {
    // A client that is gone before the upgrade needs no echo.
    if let Ok(upgraded) = upgrading.await {
        echo(&site, upgraded).await;
    }
}

async fn echo(site: &Site, upgraded: Upgraded) {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    while let Some(Ok(message)) = socket.next().await {
        // Pings and closes are answered by the library.
        if message.is_text() || message.is_binary() {
            site.world.borrow_mut().on_message(site.watch.now());
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }
}
