//! Events on their way to the program that reads them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::event::{Event, Turn};

/// A queue that never blocks the session. If a program does not read, only the newest version of a partial is kept; finals
/// and other messages, such as a heartbeat each 5 s, add up.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQueue {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    reader: Option<Waker>,
    is_closed: bool,
}

impl EventQueue {
    pub(crate) fn extend(&self, event: Option<Event>) {
        if let Some(event) = event {
            self.push(event);
        }
    }

    pub(crate) fn push(&self, event: Event) {
        let mut state = self.lock();
        match (state.events.back_mut(), event) {
            (Some(Event::Turn(last)), Event::Turn(turn)) if supersedes(&turn, last) => {
                let mut replaces = std::mem::take(&mut last.replaces);
                *last = turn;
                replaces.append(&mut last.replaces);
                last.replaces = replaces;
            }
            (_, event) => state.events.push_back(event),
        }
        wake(state);
    }

    /// No event will follow.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        wake(state);
    }

    /// The next event; `None` after the last one.
    pub(crate) fn poll_next(&self, context: &Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.lock();
        match state.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if state.is_closed => Poll::Ready(None),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a reader needs only `turn` and not `last`, which it has not read.
fn supersedes(turn: &Turn, last: &Turn) -> bool {
    turn.id == last.id && !last.is_final
}

fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_session::{ConnectionId, ShownTurn, TurnKey};

    use super::*;

    fn turn(order: u64, text: &str, is_final: bool, replaced: u64) -> Event {
        let key = |turn_order| TurnKey { connection: ConnectionId(1), turn_order };
        let shown = ShownTurn { settled: text.to_owned(), is_final, ..ShownTurn::default() };
        Event::Turn(Turn::new(key(order), &shown, (0..replaced).map(key).collect()))
    }

    fn texts(queue: &EventQueue) -> Vec<(String, usize)> {
        let mut texts = Vec::new();
        while let Poll::Ready(Some(Event::Turn(turn))) = queue.poll_next(&Context::from_waker(Waker::noop()))
        {
            texts.push((turn.text, turn.replaces.len()));
        }
        texts
    }

    #[test]
    fn an_unread_partial_is_replaced_by_its_next_version_and_a_final_is_not() {
        let queue = EventQueue::default();
        for event in [
            turn(1, "one", false, 1),
            turn(1, "one two", false, 0),
            turn(1, "one two.", true, 0),
            turn(1, "One two.", true, 0),
            turn(2, "three", false, 0),
        ] {
            queue.push(event);
        }
        let text = |text: &str, replaced| (text.to_owned(), replaced);
        assert_eq!(texts(&queue), [text("one two.", 1), text("One two.", 0), text("three", 0)]);
    }

    #[test]
    fn the_queue_ends_after_its_last_event() {
        let queue = EventQueue::default();
        queue.push(Event::Reconnected);
        queue.close();
        let context = Context::from_waker(Waker::noop());
        assert!(matches!(queue.poll_next(&context), Poll::Ready(Some(Event::Reconnected))));
        assert!(matches!(queue.poll_next(&context), Poll::Ready(None)));
    }
}
