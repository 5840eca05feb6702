//! Taking connections: a bounded number of them, and none that only waits.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at a time. A browser has six; a program may not have more files open than a thousand.
const MOST: usize = 256;
/// How long a connection may take to send the head of its next request.
const LONGEST_HEAD: Duration = Duration::from_secs(10);
/// How long to wait when the system gives no connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until `stopped` is done. Those that are being answered then are finished, but not
/// longer than `last_answers` after.
///
/// A client that opens connections and says nothing keeps others waiting for seconds, not for ever.
///
/// # Errors
/// Never while connections come; the system's if the listener is gone.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    stopped: impl Future<Output = ()>,
    last_answers: Duration,
) -> io::Result<()> {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(LONGEST_HEAD);
    let places = Arc::new(Semaphore::new(MOST));
    let open = GracefulShutdown::new();
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let accepted = std::future::poll_fn(|context| match stopped.as_mut().poll(context) {
            std::task::Poll::Ready(()) => std::task::Poll::Ready(None),
            std::task::Poll::Pending => listener.poll_accept(context).map(Some),
        });
        let Some(accepted) = accepted.await else { break };
        // Out of files, or gone before it was taken: the next one may be better.
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A connection that breaks off is its client's business.
            _ = connection.await;
            drop(place);
        });
    }
    _ = tokio::time::timeout(last_answers, open.shutdown()).await;
    Ok(())
}
