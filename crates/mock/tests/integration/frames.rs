//! Frames that no client library sends: the cases of the Autobahn test suite that a session can meet.

use std::time::Duration;

use crate::common::LIMIT;
use assemblyai_mock::{MockAssemblyAi, Script, SessionRecord};
use test_result::TestResult;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

const HANDSHAKE: &str = "GET /v3/ws?speech_model=u3-rt-pro&sample_rate=16000 HTTP/1.1\r\nHost: mock\r\n\
        Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: k\r\n\r\n";
/// The bit that says that a frame is the last of its message.
const LAST: u8 = 0x80;

/// A masked frame of at most 65 535 bytes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u8::try_from(payload.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => {
            frame.push(0xFE);
            frame.extend((payload.len() as u16).to_be_bytes());
        }
    }
    let mask = [1, 2, 3, 4];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A connection after its handshake and `Begin`.
struct Raw(TcpStream);

impl Raw {
    async fn begin(mock: &MockAssemblyAi) -> TestResult<Self> {
        let mut stream = TcpStream::connect(mock.address()).await?;
        stream.write_all(HANDSHAKE.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        let mut raw = Self(stream);
        let (opcode, begin) = raw.next().await?;
        assert!(opcode == TEXT && String::from_utf8(begin)?.contains("Begin"));
        Ok(raw)
    }

    async fn send(&mut self, frames: &[Vec<u8>]) -> TestResult {
        Ok(self.0.write_all(&frames.concat()).await?)
    }

    /// The opcode and the payload of the next frame.
    async fn next(&mut self) -> TestResult<(u8, Vec<u8>)> {
        let read = async {
            let first = self.0.read_u8().await?;
            let length = match self.0.read_u8().await? {
                126 => self.0.read_u16().await?,
                length => length.into(),
            };
            let mut payload = vec![0; length.into()];
            self.0.read_exact(&mut payload).await?;
            Ok::<_, std::io::Error>((first & 0xF, payload))
        };
        Ok(timeout(LIMIT, read).await??)
    }

    /// The code of the close frame that comes, after other frames or not.
    async fn close_code(&mut self) -> TestResult<Option<u16>> {
        loop {
            if let (CLOSE, payload) = self.next().await? {
                return Ok(payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code)));
            }
        }
    }
}

/// What became of a session after these frames: the code of the close frame, and the record.
async fn ended_by(frames: &[Vec<u8>]) -> TestResult<(Option<u16>, SessionRecord)> {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut raw = Raw::begin(&mock).await?;
    raw.send(frames).await?;
    let code = raw.close_code().await?;
    let left = timeout(LIMIT, raw.0.read_to_end(&mut Vec::new())).await?;
    assert_eq!(left.unwrap_or_default(), 0, "nothing follows a close frame");
    Ok((code, mock.wait_for_end(0, LIMIT).await?))
}

#[tokio::test]
async fn control_frames_between_fragments_are_answered_and_the_message_is_whole() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut raw = Raw::begin(&mock).await?;
    let message = r#"{"type":"KeepAlive","note":"ü€😀"}"#.as_bytes();
    // Cut after each byte, so also inside of characters.
    let mut frames = vec![frame(TEXT, b""), frame(LAST | PING, b"1")];
    for byte in message {
        frames.extend([frame(CONTINUATION, &[*byte]), frame(LAST | PONG, b"unasked")]);
    }
    frames.extend([frame(LAST | PING, b"2"), frame(LAST | CONTINUATION, b"")]);
    frames.extend([
        frame(BINARY, &[0; 1600]),
        frame(LAST | PING, &[7; 125]),
        frame(LAST | CONTINUATION, &[0; 1600]),
    ]);
    raw.send(&frames).await?;
    assert_eq!(raw.next().await?, (PONG, b"1".to_vec()));
    assert_eq!(raw.next().await?, (PONG, b"2".to_vec()));
    assert_eq!(raw.next().await?, (PONG, vec![7; 125]));
    raw.send(&[frame(LAST | TEXT, br#"{"type":"Terminate"}"#)]).await?;
    assert_eq!(raw.close_code().await?, Some(1000));
    raw.send(&[frame(LAST | CLOSE, &1000_u16.to_be_bytes())]).await?;
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert_eq!(session.received[0].text.as_bytes(), message);
    assert_eq!((session.received.len(), session.audio_ms, session.violations.len()), (2, 100, 0));
    Ok(())
}

#[tokio::test]
async fn each_of_many_pings_is_answered_in_order() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut raw = Raw::begin(&mock).await?;
    let payload = |number: u16| number.to_be_bytes().to_vec();
    let pings: Vec<_> = (0..1000).map(|number| frame(LAST | PING, &payload(number))).collect();
    raw.send(&pings).await?;
    for number in 0..1000 {
        assert_eq!(raw.next().await?, (PONG, payload(number)));
    }
    Ok(())
}

#[tokio::test]
async fn frames_in_a_wrong_order_end_the_session_with_1002() -> TestResult {
    let wrong = [
        ("a continuation of nothing", vec![frame(LAST | CONTINUATION, b"x")]),
        ("a message inside of another", vec![frame(TEXT, b"{"), frame(LAST | TEXT, b"{}")]),
        ("a ping in fragments", vec![frame(PING, b"1"), frame(LAST | CONTINUATION, b"2")]),
        ("a long ping", vec![frame(LAST | PING, &[0; 126])]),
        ("a close frame of one byte", vec![frame(LAST | CLOSE, &[3])]),
        ("a long close frame", vec![frame(LAST | CLOSE, &[[3, 232].as_slice(), &[b'x'; 124]].concat())]),
    ];
    for (what, frames) in wrong {
        let (code, session) = ended_by(&frames).await.map_err(|error| format!("{what}: {error}"))?;
        assert_eq!(code, Some(1002), "{what}");
        let kinds = crate::common::kinds(&session);
        assert_eq!(kinds, ["Malformed"], "{what}: {session}");
    }
    Ok(())
}

#[tokio::test]
async fn a_close_frame_with_a_code_that_none_may_have_is_answered_with_1002_and_recorded() -> TestResult {
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let (answer, session) = ended_by(&[frame(LAST | CLOSE, &code.to_be_bytes())]).await?;
        assert_eq!(answer, Some(1002), "{code}");
        assert!(crate::common::kinds(&session).contains(&"Malformed".to_owned()), "{code}: {session}");
    }
    let not_utf8 = [1000_u16.to_be_bytes().as_slice(), &[0xC0, 0x80]].concat();
    assert_eq!(ended_by(&[frame(LAST | CLOSE, &not_utf8)]).await?.0, Some(1007));
    Ok(())
}

#[tokio::test]
async fn a_good_close_frame_is_answered_with_the_same_code_and_without_one_with_none() -> TestResult {
    let terminate = frame(LAST | TEXT, br#"{"type":"KeepAlive"}"#);
    for code in [1000_u16, 1001, 1003, 1011, 3000, 4999] {
        let frames = [terminate.clone(), frame(LAST | CLOSE, &code.to_be_bytes())];
        assert_eq!(ended_by(&frames).await?.0, Some(code));
    }
    let (code, session) = ended_by(&[frame(LAST | CLOSE, b"")]).await?;
    assert_eq!(code, None);
    assert_eq!(session.end.and_then(|end| end.client).map(|close| close.code), Some(1005));
    // What follows the close frame is not read.
    let late =
        [frame(LAST | CLOSE, &1000_u16.to_be_bytes()), frame(LAST | TEXT, b"late"), frame(LAST | PING, b"?")];
    let (code, session) = ended_by(&late).await?;
    assert_eq!((code, session.received.len()), (Some(1000), 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_in_the_records_as_soon_as_its_client_is_connected() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    for number in 0..300 {
        let request = crate::common::request(&mock, "speech_model=u3-rt-pro")?;
        let (socket, _) = timeout(LIMIT, tokio_tungstenite::connect_async(request)).await??;
        assert_eq!(mock.sessions().len(), number + 1);
        drop(socket);
    }
    let limit = Duration::from_secs(5);
    mock.wait_for_end(299, limit).await?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_session_whose_client_is_gone_before_the_handshake_is_answered_ends() -> TestResult {
    let mock = MockAssemblyAi::builder().max_sessions(1).start().await;
    let mut stream = std::net::TcpStream::connect(mock.address())?;
    std::io::Write::write_all(&mut stream, HANDSHAKE.as_bytes())?;
    // Resets the connection, so that the answer cannot be sent.
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    drop(stream);
    mock.wait_for_end(0, LIMIT).await?;
    let mut raw = Raw::begin(&mock).await?;
    raw.send(&[frame(LAST | TEXT, br#"{"type":"Terminate"}"#)]).await?;
    assert_eq!(raw.close_code().await?, Some(1000), "the place of the first session is free");
    Ok(())
}
