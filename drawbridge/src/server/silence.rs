//! A peer that is gone without a word: a laptop that was closed, a cable that was
//! pulled. Until its connection is known to be dead, it holds its place.

use std::io;
use std::time::Duration;

use rustix::net::sockopt;
use tokio::net::TcpStream;

/// A connection on which nothing moves is asked after so long, and so often.
const IDLE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_secs(10);
const TIMES: u32 = 3;
/// What was sent must be acknowledged after so long, in ms. It counts as well while
/// somebody who is there reads nothing, such as a download that is held.
const UNACKNOWLEDGED: u32 = 600_000;

/// Has the system close a connection on which nothing moves once its peer has been
/// silent for a minute, and one on which something is under way after ten (RFC 9293,
/// 3.8.4; RFC 5482).
pub(crate) fn bound(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, IDLE)?;
    sockopt::set_tcp_keepintvl(stream, AGAIN)?;
    sockopt::set_tcp_keepcnt(stream, TIMES)?;
    sockopt::set_tcp_user_timeout(stream, UNACKNOWLEDGED)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn a_connection_is_asked_after() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let _client = TcpStream::connect(listener.local_addr()?).await?;
        let (stream, _) = listener.accept().await?;
        bound(&stream)?;
        assert!(sockopt::socket_keepalive(&stream)?);
        assert_eq!(sockopt::tcp_keepidle(&stream)?, IDLE);
        assert_eq!(sockopt::tcp_user_timeout(&stream)?, UNACKNOWLEDGED);
        Ok(())
    }
}
