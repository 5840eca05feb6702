//! Who may talk to the server.
//!
//! A page of another site must not be able to use it, even if a name of that site is made to lead
//! here (DNS rebinding): so the host that a request names must be ours, what changes something
//! must come from our own page, and everything needs the cookie that only the printed link gives.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;

/// Everything comes from the server itself; nothing runs that stands in the page or in a caption.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// What a request must show.
pub(super) struct Gate {
    /// Of the printed link.
    token: String,
    /// Of the cookie.
    session: String,
    cookie: String,
    /// Hosts with their ports, lower case.
    hosts: Vec<String>,
    /// The port, if every address of the machine is listened to.
    any_address: Option<u16>,
}

impl Gate {
    pub(super) fn new(bound: SocketAddr, allowed: &[String]) -> Result<Self, getrandom::Error> {
        let port = bound.port();
        let mut hosts = vec![bound.to_string()];
        if bound.ip().is_loopback() || bound.ip().is_unspecified() {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}")));
        }
        hosts.extend(allowed.iter().map(|host| with_port(host, port)));
        Ok(Self {
            token: random()?,
            session: random()?,
            // Cookies are shared by all ports of a host.
            cookie: format!("mine-tags-review-{port}"),
            hosts,
            any_address: bound.ip().is_unspecified().then_some(port),
        })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The host that the request names, which must be one of ours.
    fn host(&self, request: &Request) -> Result<String, Problem> {
        let refused = || {
            Problem::refused(
                StatusCode::MISDIRECTED_REQUEST,
                "this host is not served here: use the printed link",
            )
        };
        let mut headers = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (headers.next(), headers.next()) else { return Err(refused()) };
        let host = host.to_str().map_err(|_| refused())?.to_ascii_lowercase();
        let named = request.uri().authority().map(|authority| authority.as_str().to_ascii_lowercase());
        if !self.is_ours(&host) || named.is_some_and(|named| named != host) {
            return Err(refused());
        }
        Ok(host)
    }

    fn is_ours(&self, host: &str) -> bool {
        let host = with_port(host, 80);
        // Names can be made to lead here, addresses cannot.
        let is_address = || {
            let address: Option<SocketAddr> = host.parse().ok();
            address.is_some_and(|address| Some(address.port()) == self.any_address)
        };
        self.hosts.contains(&host) || is_address()
    }

    /// Whether the request has the cookie.
    fn is_let_in(&self, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut cookies =
            lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        cookies.any(|(name, value)| name == self.cookie && is_same(value, &self.session))
    }

    /// The token of a printed link, changed for the cookie.
    fn exchange(&self, token: &str) -> Result<Response, Problem> {
        if !is_same(token, &self.token) {
            return Err(Problem::refused(
                StatusCode::FORBIDDEN,
                "this link is of another review: use the printed one",
            ));
        }
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie, self.session);
        let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, "/".to_owned())];
        Ok((StatusCode::SEE_OTHER, headers).into_response())
    }

    fn check(&self, request: &Request) -> Result<Option<Response>, Problem> {
        let host = self.host(request)?;
        let (headers, path) = (request.headers(), request.uri().path());
        if *request.method() != Method::GET {
            let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
            if origin != Some(format!("http://{host}").as_str()) {
                return Err(Problem::refused(StatusCode::FORBIDDEN, "this comes from another page"));
            }
        }
        let query = request.uri().query().unwrap_or_default();
        let token = query.split('&').find_map(|pair| pair.strip_prefix("token="));
        if let (Some(token), "/", &Method::GET) = (token, path, request.method()) {
            return self.exchange(token).map(Some);
        }
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        if path != "/" && site.is_some_and(|site| site != b"same-origin" && site != b"none") {
            return Err(Problem::refused(StatusCode::FORBIDDEN, "this comes from another page"));
        }
        if !self.is_let_in(headers) {
            let reason = "open the link that mine-tags printed: paste it into the address bar";
            return Err(Problem::refused(StatusCode::FORBIDDEN, reason));
        }
        Ok(None)
    }
}

/// Lets a request in or not, and says to the browser how strict it is to be.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = match app.gate.check(&request) {
        Ok(Some(answer)) => answer,
        Ok(None) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether browsers may call a server so: a name or an address, with or without a port.
pub(super) fn is_host(host: &str) -> bool {
    let is_name = |name: &str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        !name.is_empty() && name.bytes().all(good)
    };
    let has_port =
        || host.rsplit_once(':').is_some_and(|(name, port)| is_name(name) && port.parse::<u16>().is_ok());
    host.parse::<IpAddr>().is_ok() || host.parse::<SocketAddr>().is_ok() || is_name(host) || has_port()
}

/// A host with its port, in the form of the `Host` header.
fn with_port(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return SocketAddr::new(address, port).to_string();
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { host } else { format!("{host}:{port}") }
}

/// 256 bits, in hexadecimal.
fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares secrets in a time that does not tell where they differ.
fn is_same(found: &str, secret: &str) -> bool {
    let pairs = found.bytes().zip(secret.bytes());
    found.len() == secret.len() && std::hint::black_box(pairs.fold(0, |all, (a, b)| all | (a ^ b))) == 0
}
