//! The page on which annotators review the candidates: a small server for one machine.
//!
//! [`ReviewServer::bind`] takes the [`Candidates`] and the [`DecisionLog`]; [`ReviewServer::url`] is the
//! link to open; [`ReviewServer::run`] serves until it is told to stop. Page, style and scripts are
//! embedded in the binary.
//!
//! # Who may talk to it
//! The link has a random token of 256 bits, which is exchanged for a cookie (`HttpOnly`,
//! `SameSite=Strict`); nothing is served without the cookie. The `Host` of every request must be the
//! address that is listened to, `localhost` where that is loopback, or a name of
//! [`ServerOptions::allowed_hosts`]. A request that changes something is a `POST` of JSON whose `Origin`
//! is that host. Where every address is listened to (`0.0.0.0`), any address, but no name, is a good host.
//! No path ever comes from the browser, and captions reach the page as text alone.
//!
//! Browsers send cookies to all ports of a host. So another user of this machine whose server this
//! browser visits on loopback, too, gets the cookie, and can judge until the program ends: on a machine
//! that is shared with people who are not trusted, give the page an address of its own (`127.0.0.2`).
//!
//! # What the page asks for
//! Everything is JSON. A tag is `{"name", "kind"}`, its *place* the position among the candidates,
//! from 0, by frequency. Refusals have a status of 400 or more and say why: `{"error"}`.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/annotators` | names of those who have judged |
//! | `GET /api/candidates` | `names`, `mentions`, `captions`, `images` by place, `kinds` as a string of `o`, `s`, `a`, `t`; `suggestions`: `kind`, `tags` (places), `reason`, `better` (kind); `log`: where decisions go |
//! | `GET /api/examples?at=3,4` | for each place its example captions, each in pieces: plain, marked, plain, … |
//! | `GET /api/review?annotator=&since=&reveal=&edition=` | *changes* since a version (0: all): `version`, `edition`, `tags`, `annotators`, `undo`, `redo` (numbers of steps) |
//! | `GET /api/summary?annotator=&reveal=` | progress, verdicts and pace of each annotator, outcomes, agreement, by kind; `vocabulary`: what `curate` would leave out and why, as far as it may be told |
//! | `POST /api/decide` `{"annotator", "since", "reveal", "edition", "tags", "judgement", "adjudicates", "withdrawn"}` | decides, then changes; `stroke`: places that this request changed. Withdrawn: takes it back, if it was made though its answer was lost |
//! | `POST /api/undo`, `/api/redo` `{"annotator", "since", "reveal", "edition"}` | the annotator's last step is taken back, or done again; then changes |
//!
//! A judgement is `{"verdict": "keep" | "mute" | "drop" | "merge", "into", "kind", "rename", "note"}`, or null
//! to take it back. Of the `tags` of changes, `others` name who else has judged a tag; what they say, the
//! outcome and the adjudication are told only when the annotator has judged it too, or with `reveal`.
//! An *edition* says which candidates a page shows, and for which log it decides: where the page names
//! one and the program, started anew, has another, the request is refused with status 409.
//! A `POST` is answered after the decisions are on the disk. Status 507: they are not, and none is in the log.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tag_vocabulary::Tag;
use thiserror::Error;

use crate::candidates::Candidates;
use crate::log::DecisionLog;
use crate::suggestions::Suggestion;

mod access;
mod api;
mod assets;
mod connections;
mod desk;
mod history;
mod listing;
mod outlook;
mod problem;
mod request;
mod summary;

use access::Gate;
use desk::Desk;

/// How often [`ReviewServer::run`] asks whether to stop.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// How long requests that are being answered when the server stops may take.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// Ports that systems do not give away by themselves and that few programs use.
const PORTS: Range<u16> = 21_000..32_000;

/// Finds where in a caption a tag's words stand, in bytes.
pub type Highlight = Box<dyn Fn(&str, &Tag) -> Vec<Range<usize>> + Send + Sync>;

/// What is reviewed, and how it is served.
pub struct ServerOptions {
    /// What is up for review.
    pub candidates: Candidates,
    /// Where decisions go.
    pub log: DecisionLog,
    /// The address to listen to. Port 0: for each log one and the same, so that a page which is
    /// still open finds the program again when it was started anew; any other if that is taken.
    pub listen: SocketAddr,
    /// Further names, with or without a port, by which browsers may call the server.
    pub allowed_hosts: Vec<String>,
    /// Finds a tag's words in an example caption. What is no range of whole characters is passed over.
    pub highlight: Highlight,
    /// What annotators are asked to consider. Tags that are no candidates are left out.
    pub suggestions: Vec<Suggestion>,
}

impl ServerOptions {
    /// A server on any free port of loopback, without highlights and suggestions.
    pub fn new(candidates: Candidates, log: DecisionLog) -> Self {
        Self {
            candidates,
            log,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            allowed_hosts: Vec::new(),
            highlight: Box::new(|_, _| Vec::new()),
            suggestions: Vec::new(),
        }
    }
}

/// Why the page cannot be served.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address cannot be listened to.
    #[error("cannot listen to {address}: {reason}; choose another address or port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        reason: io::Error,
    },
    /// A host that no browser can name.
    #[error(
        "{0:?} is no host: give a name or an address as browsers call it, such as tags.lan or tags.lan:8337"
    )]
    Host(String),
    /// The system gives no random numbers to make a token of.
    #[error("cannot make a token: {0}")]
    Random(getrandom::Error),
    /// The candidates cannot be written as JSON.
    #[error("cannot list the candidates: {0}")]
    Listing(serde_json::Error),
    /// The system fails while the page is served.
    #[error("the page cannot be served any more: {0}")]
    Serve(io::Error),
}

/// A server of the review page, which listens already.
pub struct ReviewServer {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
}

/// What all requests share.
type App = Arc<Shared>;

struct Shared {
    gate: Gate,
    desk: Mutex<Desk>,
    candidates: Arc<Candidates>,
    highlight: Highlight,
    /// The candidates as the page reads them.
    listing: Vec<u8>,
    /// Most bytes of a request that names every candidate.
    largest: usize,
}

impl Shared {
    /// The desk. A request that failed half-way left nothing on it: decisions are added last.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReviewServer {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the address cannot be listened to or no token can be made.
    pub fn bind(options: ServerOptions) -> Result<Self, ServerError> {
        let ServerOptions { candidates, log, listen, allowed_hosts, highlight, suggestions } = options;
        let error = |reason| ServerError::Listen { address: listen, reason };
        if let Some(host) = allowed_hosts.iter().find(|host| !access::is_host(host)) {
            return Err(ServerError::Host(host.clone()));
        }
        let log_path = std::path::absolute(log.path()).unwrap_or_else(|_| log.path().to_owned());
        let listener = listen_at(listen, &log_path).map_err(error)?;
        listener.set_nonblocking(true).map_err(error)?;
        let address = listener.local_addr().map_err(error)?;
        let gate = Gate::new(address, &allowed_hosts).map_err(ServerError::Random)?;
        let listing = listing::json(&candidates, &suggestions, &log_path).map_err(ServerError::Listing)?;
        let largest = request::largest(&candidates);
        let candidates = Arc::new(candidates);
        let mark = format!("{:x}", listing::mark(&listing));
        let desk = Mutex::new(Desk::new(mark, Arc::clone(&candidates), log));
        let app = Arc::new(Shared { gate, desk, candidates, highlight, listing, largest });
        Ok(Self { listener, address, app })
    }

    /// The address that is listened to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The link to open, with the token. Whoever has it can judge under any name.
    pub fn url(&self) -> String {
        let host = match self.address.ip().is_unspecified() {
            true => SocketAddr::from(([127, 0, 0, 1], self.address.port())),
            false => self.address,
        };
        format!("http://{host}/?token={}", self.app.gate.token())
    }

    /// Serves the page until `stop` says so, which is asked ten times a second. Requests that are
    /// being answered then are finished.
    ///
    /// # Errors
    /// If the system fails.
    pub fn run(self, stop: impl Fn() -> bool) -> Result<(), ServerError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.and_then(|runtime| runtime.block_on(self.serve(stop))).map_err(ServerError::Serve)
    }

    async fn serve(self, stop: impl Fn() -> bool) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let stopped = async {
            while !stop() {
                tokio::time::sleep(STOP_CHECK).await;
            }
        };
        connections::serve(listener, router(self.app), stopped, LAST_ANSWERS).await
    }
}

/// Listens; where any port will do, at the one that this log had before, if it is free.
fn listen_at(address: SocketAddr, log: &Path) -> io::Result<TcpListener> {
    if address.port() == 0 {
        let range = u64::from(PORTS.end - PORTS.start);
        let port = u16::try_from(listing::mark(log) % range).map_or(PORTS.start, |step| PORTS.start + step);
        if let Ok(listener) = TcpListener::bind(SocketAddr::new(address.ip(), port)) {
            return Ok(listener);
        }
    }
    TcpListener::bind(address)
}

fn router(app: App) -> Router {
    Router::new()
        .route("/", get(assets::page))
        .route("/assets/{name}", get(assets::asset))
        .route("/api/annotators", get(api::annotators))
        .route("/api/candidates", get(api::candidates))
        .route("/api/examples", get(api::examples))
        .route("/api/review", get(api::review))
        .route("/api/summary", get(api::summary))
        .route("/api/decide", post(api::decide))
        .route("/api/undo", post(api::undo))
        .route("/api/redo", post(api::redo))
        .layer(from_fn_with_state(Arc::clone(&app), access::guard))
        .with_state(app)
}
