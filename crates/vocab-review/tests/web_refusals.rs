//! Requests that are not the page's own change nothing and tell nothing.

mod support;

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};
use support::serving::{Client, Serving, candidates, decide, options, send, tag};
use tag_vocabulary::TagKind::Object;
use vocab_review::web::ReviewServer;

const SECRET: &str = "tapir";

fn serve(place: &tempfile::TempDir) -> Serving {
    Serving::start(options(
        place.path(),
        candidates(&[(SECRET, Object), ("cat", Object), ("kitten", Object)]),
    ))
}

/// A good request, which the others differ from by one thing.
fn good(client: &Client) -> String {
    client.request(
        "/api/decide",
        &decide("anna", &[&tag("cat", Object)], &json!({ "verdict": "keep" })).to_string(),
    )
}

#[test]
fn requests_that_are_not_the_pages_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let (host, port) = (server.address.to_string(), server.address.port());
    let good = good(&client);
    let origin = format!("Origin: http://{host}");
    let other_origins = [
        "http://evil.example".to_owned(),
        "null".to_owned(),
        format!("https://{host}"),
        format!("http://127.0.0.1:{}", port ^ 1),
        format!("http://localhost:{port}"),
    ];
    let mut cases: Vec<(String, u16)> =
        other_origins.iter().map(|other| (good.replace(&origin, &format!("Origin: {other}")), 403)).collect();
    let rebound = format!("evil.example:{port}");
    cases.extend([
        (good.replace(&format!("{origin}\r\n"), ""), 403),
        (good.replace(&format!("Host: {host}"), &format!("Host: {rebound}")), 421),
        (good.replace(&host, &rebound), 421),
        (good.replace(&host, &format!("127.0.0.1:{}", port ^ 1)), 421),
        (good.replace(&host, "127.0.0.1"), 421),
        (good.replace(&format!("Host: {host}"), &format!("Host: {host}\r\nHost: {rebound}")), 421),
        (good.replace("POST /api", &format!("POST http://{rebound}/api")), 421),
        (good.replace(&client.cookie, "a=b"), 403),
        (good.replace(&client.cookie, &client.cookie[..client.cookie.len() - 1]), 403),
        (good.replace("Cookie", "X-Cookie"), 403),
        (good.replace("Connection", "Sec-Fetch-Site: cross-site\r\nConnection"), 403),
        (good.replacen("POST", "PUT", 1), 405),
        (good.replacen("POST", "DELETE", 1), 405),
        (good.replacen("POST", "GET", 1), 405),
        (good.replace("application/json", "text/plain"), 415),
        (good.replace("application/json", "application/x-www-form-urlencoded"), 415),
        (good.replace("Content-Type", "X-Content-Type"), 415),
        (good.replace("/api/decide", "/api/decide/../undo"), 404),
        (good.replace("/api/decide", "/api/undo"), 400),
    ]);
    for (request, status) in &cases {
        let answer = send(server.address, request.as_bytes()).unwrap();
        assert_eq!(answer.status, *status, "{request}\n{answer:?}");
        assert!(!answer.body.contains(SECRET) && server.logged().is_empty(), "{request}");
    }
    assert_eq!(send(server.address, good.as_bytes()).unwrap().status, 200);
    assert_eq!(server.decisions(), 1);
}

#[test]
fn bodies_that_are_no_decision_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let cat = tag("cat", Object);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = decide("anna", &[&cat], &json!({ "verdict": "keep" }));
        change(&mut body);
        body.to_string()
    };
    let judged = |judgement: Value| with(&|body| body["judgement"] = judgement.clone());
    let merge =
        |name: &str| judged(json!({ "verdict": "merge", "into": { "name": name, "kind": "object" } }));
    let bodies = [
        (String::new(), 400),
        ("{".to_owned(), 400),
        ("[]".to_owned(), 400),
        (with(&|_| ()) + "{}", 400),
        ("[".repeat(10_000), 400),
        (with(&|body| body["path"] = "/etc/passwd".into()), 400),
        (with(&|body| body["since"] = (-1).into()), 400),
        (with(&|body| body["annotator"] = "".into()), 400),
        (with(&|body| body["annotator"] = "a\nb".into()), 400),
        (with(&|body| body["annotator"] = "x".repeat(65).into()), 400),
        (with(&|body| body["tags"][0]["at"] = 3.into()), 400),
        (with(&|body| body["tags"][0]["kind"] = "animal".into()), 400),
        (judged(json!({ "verdict": "love" })), 400),
        (judged(json!({ "verdict": "keep", "colour": "red" })), 400),
        (with(&|body| body["tags"] = json!([])), 422),
        (with(&|body| body["tags"] = json!([cat, cat])), 422),
        (with(&|body| body["tags"][0]["name"] = "unicorn".into()), 422),
        (with(&|body| body["tags"][0]["name"] = "../cat".into()), 422),
        (judged(json!({ "verdict": "keep", "into": cat })), 422),
        (judged(json!({ "verdict": "merge" })), 422),
        (merge("unicorn"), 422),
        (merge("cat"), 422),
        (judged(json!({ "verdict": "keep", "rename": "Big  Cat" })), 422),
        (judged(json!({ "verdict": "keep", "rename": "c".repeat(101) })), 422),
        (judged(json!({ "verdict": "keep", "note": "n".repeat(2001) })), 422),
        (judged(json!({ "verdict": "keep", "note": "n".repeat(200_000) })), 413),
    ];
    for (body, status) in &bodies {
        let answer = send(server.address, client.request("/api/decide", body).as_bytes()).unwrap();
        assert_eq!(answer.status, *status, "{:.200}\n{answer:?}", body);
        assert!(server.logged().is_empty(), "{body:.200}");
    }
    // Bytes that are no text; a body that says it is longer than it may be; one that breaks off.
    let good = good(&client);
    let mut bytes = good.clone().into_bytes();
    let place_of_name = good.find("anna").unwrap();
    bytes[place_of_name] = 0xff;
    assert_eq!(send(server.address, &bytes).unwrap().status, 400);
    let (head, body) = good.split_once("\r\n\r\n").unwrap();
    let long = head.replace(&format!("Content-Length: {}", body.len()), "Content-Length: 99999999999");
    assert_eq!(send(server.address, format!("{long}\r\n\r\n{body}").as_bytes()).unwrap().status, 413);
    drop(std::io::Write::write_all(
        &mut std::net::TcpStream::connect(server.address).unwrap(),
        &good.as_bytes()[..good.len() - 5],
    ));
    assert!(server.logged().is_empty());
    // A circle of merges, by one annotator.
    client.decide("anna", &[&tag("kitten", Object)], &json!({ "verdict": "merge", "into": cat }));
    let back = decide("anna", &[&cat], &json!({ "verdict": "merge", "into": tag("kitten", Object) }));
    assert_eq!(client.post("/api/decide", &back).status, 422);
    assert_eq!(server.decisions(), 1);
}

#[test]
fn nothing_is_told_without_the_cookie() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let host = server.address.to_string();
    let get = |path: &str, more: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
        send(server.address, request.as_bytes()).unwrap()
    };
    let token = server.url.split_once("token=").unwrap().1;
    assert!(token.len() >= 32, "at least 128 bits");
    let wrong = format!("/?token={}", "0".repeat(token.len()));
    let paths =
        ["/", "/api/candidates", "/api/annotators", "/api/summary", "/assets/main.js", &wrong, "/?token="];
    for path in
        paths.into_iter().chain(["/api/examples?at=0", "/api/review?annotator=anna&since=0", "/nowhere"])
    {
        let answer = get(path, "");
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        assert!(!answer.body.contains(SECRET));
    }
    // A token is good for the link only.
    assert_eq!(get(&format!("/api/candidates?token={token}"), "").status, 403);
    let client = server.client();
    for path in ["/", "/api/candidates", "/api/examples?at=0", "/assets/main.js"] {
        let answer = client.get(path);
        assert_eq!(answer.status, 200);
        let head = answer.head.to_lowercase();
        for line in [
            "content-security-policy: default-src 'none';",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(line), "{path}: {line}\n{head}");
        }
        assert!(!head.contains("unsafe") && !head.contains("access-control"));
    }
    let cookie = format!("Cookie: {}\r\n", client.cookie);
    assert_eq!(get("/api/candidates", &format!("{cookie}Sec-Fetch-Site: cross-site\r\n")).status, 403);
    for path in [
        "/assets/../src/lib.rs",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2fetc%2fpasswd",
        "/api/examples?at=0&file=x",
    ] {
        let answer = client.get(path);
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
}

#[test]
fn other_names_must_be_allowed_where_every_address_is_listened_to() {
    let place = tempfile::tempdir().unwrap();
    let mut options = options(place.path(), candidates(&[("cat", Object)]));
    options.listen = "0.0.0.0:0".parse().unwrap();
    options.allowed_hosts = vec!["tags.example".to_owned()];
    let server = Serving::start(options);
    let client = server.client();
    let port = server.address.port();
    for (host, status) in [
        (format!("tags.example:{port}"), 200),
        (format!("TAGS.example:{port}"), 200),
        (format!("192.0.2.7:{port}"), 200),
        ("tags.example".to_owned(), 421),
        (format!("evil.example:{port}"), 421),
    ] {
        let cookie = &client.cookie;
        let ask = |cookie: &str| {
            let request = format!(
                "GET /api/annotators HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
            );
            send(client.address, request.as_bytes()).unwrap().status
        };
        assert_eq!(ask(cookie), status, "{host}");
        assert_ne!(ask("a=b"), 200, "the token is asked for all the same");
    }
}

/// Who opens connections and says nothing keeps others waiting for some seconds, and no longer.
#[test]
fn connections_that_only_wait_are_ended() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let waiting: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
            stream
        })
        .collect();
    assert_eq!(send(server.address, good(&client).as_bytes()).unwrap().status, 200);
    drop(waiting);
}

#[test]
fn hosts_that_no_browser_names_are_refused_at_the_start() {
    for host in ["http://tags.lan", "", "a b", "tags.lan:99999", "*", "tags.lan/x"] {
        let place = tempfile::tempdir().unwrap();
        let mut options = options(place.path(), candidates(&[("cat", Object)]));
        options.allowed_hosts = vec![host.to_owned()];
        let refused = ReviewServer::bind(options).err().unwrap();
        assert!(refused.to_string().contains(&format!("{host:?}")), "{refused}");
    }
}
