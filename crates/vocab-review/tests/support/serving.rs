//! A review server on a thread, and requests to it over real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use tag_vocabulary::{Tag, TagKind};
use vocab_review::web::{ReviewServer, ServerOptions};
use vocab_review::{Candidate, Candidates, DecisionLog, LogError, SetAside};

/// A tag of some kind.
pub fn tag(name: &str, kind: TagKind) -> Tag {
    Tag::new(name, kind).unwrap()
}

/// Candidates of these names and kinds, each more frequent than the next.
pub fn candidates(tags: &[(&str, TagKind)]) -> Candidates {
    let candidate = |(place, &(name, kind)): (usize, &(&str, TagKind))| Candidate {
        tag: tag(name, kind),
        mentions: 3000 - place as u64,
        captions: 2000 - place as u64,
        images: 1000 - place as u64,
        examples: vec![format!("a {name} near a <b>fence</b>"), format!("the {name} & the {name}")],
    };
    Candidates::new(tags.iter().enumerate().map(candidate).collect()).unwrap()
}

/// A server that runs until it is dropped.
pub struct Serving {
    pub address: SocketAddr,
    pub url: String,
    pub log: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    pub fn start(options: ServerOptions) -> Self {
        let log = options.log.path().to_owned();
        let server = ReviewServer::bind(options).unwrap();
        let (address, url) = (server.address(), server.url());
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || server.run(|| told.load(Ordering::Relaxed)).unwrap());
        Self { address, url, log, stop, thread: Some(thread) }
    }

    /// The bytes of the log.
    pub fn logged(&self) -> Vec<u8> {
        std::fs::read(&self.log).unwrap()
    }

    pub fn decisions(&self) -> usize {
        self.logged().iter().filter(|&&byte| byte == b'\n').count()
    }

    pub fn client(&self) -> Client {
        Client::of(&self.url)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            ended.unwrap();
        }
    }
}

/// A server in a process of its own, which ends with the test however that ends.
pub struct Killed(pub Child);

impl Killed {
    /// Kills it, and waits until it is gone.
    pub fn end(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a server answers.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends bytes, and reads until the server hangs up.
pub fn send(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // A server that refuses need not read everything.
    _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => bytes.extend(&part[..read]),
            Err(error) if bytes.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// One that has exchanged the token of the link for the cookie.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub cookie: String,
}

impl Client {
    pub fn of(url: &str) -> Self {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let address = host.parse().unwrap();
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = send(address, request.as_bytes()).unwrap();
        assert_eq!(answer.status, 303, "{answer:?}");
        let line = answer.head.lines().find(|line| line.to_lowercase().starts_with("set-cookie:")).unwrap();
        assert!(line.contains("HttpOnly") && line.contains("SameSite=Strict"), "{line}");
        let cookie = line.split_once(": ").unwrap().1.split(';').next().unwrap().to_owned();
        Self { address, cookie }
    }

    pub fn get(&self, path: &str) -> Answer {
        let Self { address, cookie } = self;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        send(*address, request.as_bytes()).unwrap()
    }

    /// The request of a `POST` as the page makes it.
    pub fn request(&self, path: &str, body: &str) -> String {
        let Self { address, cookie } = self;
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.address, self.request(path, &body.to_string()).as_bytes()).unwrap()
    }

    /// Decides, and expects that it is saved.
    pub fn decide(&self, annotator: &str, tags: &[&Tag], judgement: &Value) -> Value {
        let answer = self.post("/api/decide", &decide(annotator, tags, judgement));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub fn step(&self, path: &str, annotator: &str) -> Answer {
        self.post(path, &json!({ "annotator": annotator, "since": 0 }))
    }
}

/// The body of a decision.
pub fn decide(annotator: &str, tags: &[&Tag], judgement: &Value) -> Value {
    json!({ "annotator": annotator, "since": 0, "tags": tags, "judgement": judgement })
}

/// A server of these candidates with an empty log in a folder.
pub fn options(folder: &std::path::Path, candidates: Candidates) -> ServerOptions {
    let (log, _) = open(&folder.join("decisions.jsonl"));
    ServerOptions::new(candidates, log)
}

/// Opens a log. A process that another test starts at this moment has the locks of this one until it
/// runs its own program.
pub fn open(path: &std::path::Path) -> (DecisionLog, Option<SetAside>) {
    for _ in 0..100 {
        match DecisionLog::open(path) {
            Err(LogError::InUse(_)) => std::thread::sleep(Duration::from_millis(50)),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays in use", path.display());
}
