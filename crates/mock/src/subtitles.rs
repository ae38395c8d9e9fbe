//! SRT and WebVTT subtitles as turns.
//!
//! WebVTT is read by `fasrt`, which follows the W3C's tests. Where a browser silently drops a cue with a wrong time or
//! arrow, this is an error with its place. SRT has no standard: it is read here, as players do.

use assemblyai_service::{SpokenWord, timed};
use fasrt::vtt::cue::{CueText, Node, Tag};
use fasrt::vtt::{Block, Cue, Parser, Timestamp};
use html_escape::decode_html_entities;

use crate::problem::Problem;
use crate::turn::Turn;

/// Parses subtitles in either format. Lines end with CR, LF or both.
pub(crate) fn read(text: &str) -> Result<Vec<Turn>, Problem> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.starts_with("WEBVTT") { read_vtt(&lines) } else { read_srt(&lines.replace('\0', "\u{FFFD}")) }
}

fn read_vtt(text: &str) -> Result<Vec<Turn>, Problem> {
    let adapted = adapted(text);
    let blocks = Parser::new(&adapted).collect::<Result<Vec<_>, _>>();
    let blocks = blocks.map_err(|error| problem(1, "", "", &error.to_string()))?;
    check_vtt(text, &adapted, &blocks)?;
    let mut rolling = Rolling::new(has_timestamps(text));
    let mut turns = Vec::new();
    for cue in blocks.iter().filter_map(cue) {
        let (from_ms, to_ms) = times(cue);
        let said: Vec<&str> = cue.body().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let said = rolling.new_lines(&said, from_ms, to_ms);
        turns.extend(turns_of(&voices(&said.join(" ")), from_ms, to_ms));
    }
    Ok(turns)
}

/// The text as the parser needs it, to read two things as the standard does: an arrow without spaces around it, and a word
/// such as NOTE above the times of a cue, without an empty line between, where no comment begins.
fn adapted(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_name = |at: usize| {
        let starts_block = ["NOTE", "STYLE", "REGION"].iter().any(|word| lines[at].starts_with(word));
        let mut block = lines[at..].iter().take_while(|line| !line.is_empty());
        starts_block && at > 0 && lines[at - 1].is_empty() && block.any(|line| line.contains("-->"))
    };
    let adapted = lines
        .iter()
        .enumerate()
        .map(|(at, line)| if is_name(at) { line.to_ascii_lowercase() } else { line.replace("-->", " --> ") });
    adapted.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// The cue in a block, if it is one.
fn cue<'b, 'a>(block: &'b Block<'a, &'a str>) -> Option<&'b Cue<'a, &'a str>> {
    if let Block::Cue(cue) = block { Some(cue) } else { None }
}

/// Start and end of a cue, in ms.
fn times(cue: &Cue<'_, &str>) -> (u64, u64) {
    let header = cue.header_ref();
    (ms(header.start()), ms(header.end()))
}

fn ms(time: Timestamp) -> u64 {
    time.to_duration().as_millis() as u64
}

/// Refuses a line whose times or arrow are wrong, so that its cue was dropped.
fn check_vtt(text: &str, adapted: &str, blocks: &[Block<'_, &str>]) -> Result<(), Problem> {
    let mut cues = blocks.iter().filter_map(cue);
    let is_in_comment = |line: &str| {
        blocks.iter().any(|block| {
            let (Block::Note(text) | Block::Style(text)) = block else { return false };
            text.as_bytes().as_ptr_range().contains(&line.as_ptr())
        })
    };
    // What stands behind the signature is a title.
    for ((line, adapted), number) in text.lines().zip(adapted.lines()).zip(1..).skip(1) {
        if let Some((from, rest)) = line.split_once("-->") {
            let (from_ms, to_ms) = cue_times((from, rest), true, number, line)?;
            if cues.next().is_none_or(|cue| times(cue) != (from_ms, to_ms)) {
                return Err(problem(number, line, line, "these are not the times of a cue"));
            }
        } else if !is_in_comment(adapted) {
            check_arrow(line, number)?;
        }
    }
    Ok(())
}

fn read_srt(text: &str) -> Result<Vec<Turn>, Problem> {
    let mut turns = Vec::new();
    let mut has_cue = text.trim().is_empty();
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        let Some(sides) = line.split_once("-->") else {
            check_arrow(line, number)?;
            // The number or name of a cue, or an empty line.
            continue;
        };
        has_cue = true;
        let (from_ms, to_ms) = cue_times(sides, false, number, line)?;
        // The next cue ends this one. An empty line does not: some texts have one, and a player shows what is behind it.
        let mut said = Vec::new();
        while let Some((line, number)) = lines.next_if(|(line, _)| !line.contains("-->")) {
            check_arrow(line, number)?;
            said.push(line.trim());
        }
        if lines.peek().is_some() {
            remove_number(&mut said);
        }
        said.retain(|line| !line.is_empty());
        turns.extend(turns_of(&spoken(&said.join(" ")), from_ms, to_ms));
    }
    if has_cue {
        Ok(turns)
    } else {
        Err(problem(1, "", "", "there is no cue, such as 00:00:01,000 --> 00:00:02,000"))
    }
}

/// Start and end in ms, of what stands before and behind the arrow.
fn cue_times(
    (from, rest): (&str, &str),
    is_vtt: bool,
    number: usize,
    line: &str,
) -> Result<(u64, u64), Problem> {
    let from_ms = time(from.trim(), is_vtt, number, line)?;
    let (to, to_ms) = end_time(rest, is_vtt, number, line)?;
    if to_ms < from_ms {
        return Err(problem(number, line, to, "the cue ends before it starts"));
    }
    Ok((from_ms, to_ms))
}

/// Removes the number of the next cue from the end of a cue's lines. It stands before the next times, with empty lines
/// between or not, and in the latter case behind an empty line: a number that is said is not.
fn remove_number(lines: &mut Vec<&str>) {
    let Some(last) = lines.iter().rposition(|line| !line.is_empty()) else { return };
    let is_next_to_times = last + 1 == lines.len();
    let is_behind_empty = last.checked_sub(1).is_some_and(|before| lines[before].is_empty());
    if is_number(lines[last]) && (is_next_to_times || is_behind_empty) {
        lines.truncate(last);
    }
}

/// Refuses a line with the times of a cue that have another arrow between them: its words would be those of the cue
/// before.
fn check_arrow(line: &str, number: usize) -> Result<(), Problem> {
    let is_arrow = |c: char| matches!(c, '-' | '–' | '—' | '=' | '>' | '→' | '⟶');
    let Some((from, rest)) = line.split_once(is_arrow) else { return Ok(()) };
    let to = rest
        .trim_start_matches(|c: char| is_arrow(c) || c.is_whitespace())
        .split_whitespace()
        .next()
        .unwrap_or_default();
    let is_time = |text: &str| text.contains(':') && time(text.trim(), false, number, line).is_ok();
    // Without these it can be a line from a timetable: 10:30 - 11:15.
    let has_ms = [from, to].into_iter().all(|time| time.contains([',', '.']));
    if !line.contains("-->") && (has_ms || line.contains(['>', '→', '⟶'])) && is_time(from) && is_time(to)
    {
        return Err(problem(number, line, line, "the two times of a cue have --> between them"));
    }
    Ok(())
}

/// Whether some cues say when their words start.
fn has_timestamps(text: &str) -> bool {
    text.split('<').skip(1).any(|tag| timestamp(tag.split('>').next().unwrap_or_default()).is_some())
}

/// The time in a tag such as `<00:00:01.500>`, in ms.
fn timestamp(tag: &str) -> Option<u64> {
    time(tag.trim(), true, 0, tag).ok()
}

/// Leaves out the lines that a cue shows again. Captions that YouTube makes roll up: the last line of a cue is the first
/// of the next, under which the next line appears word by word.
struct Rolling {
    is_active: bool,
    /// The lines of the cue before.
    shown: Vec<String>,
    shown_until_ms: u64,
}

impl Rolling {
    fn new(is_active: bool) -> Self {
        Self { is_active, shown: Vec::new(), shown_until_ms: 0 }
    }

    /// The lines of the next cue that the one before did not show.
    fn new_lines<'a>(&mut self, lines: &'a [&'a str], from_ms: u64, to_ms: u64) -> &'a [&'a str] {
        if !self.is_active {
            return lines;
        }
        let plain = |line: &&str| voices(line).into_iter().map(|voice| voice.text).collect::<String>();
        let shown: Vec<String> = lines.iter().map(plain).collect();
        // What is shown again has no times of its words.
        let repeatable = lines.iter().take_while(|line| !has_timestamps(line)).count();
        let most = if from_ms <= self.shown_until_ms { repeatable.min(self.shown.len()) } else { 0 };
        let repeated =
            (0..=most).rev().find(|count| self.shown.ends_with(&shown[..*count])).unwrap_or_default();
        (self.shown, self.shown_until_ms) = (shown, to_ms);
        &lines[repeated..]
    }
}

/// The turns of one cue, one per voice. The cue's time is distributed over all its words, or over those between two
/// timestamps.
fn turns_of(voices: &[Voice], from_ms: u64, to_ms: u64) -> Vec<Turn> {
    let (mut words, mut group, mut start_ms): (Vec<SpokenWord>, Vec<&str>, u64) =
        (Vec::new(), Vec::new(), from_ms);
    for (word, mark_ms) in voices.iter().flat_map(Voice::words) {
        // Times in a wrong order are no times.
        if let Some(ms) = mark_ms.filter(|ms| (start_ms..to_ms).contains(ms)) {
            words.extend(timed(&group.join(" "), start_ms, ms));
            group.clear();
            start_ms = ms;
        }
        group.push(word);
    }
    words.extend(timed(&group.join(" "), start_ms, to_ms));
    let has_marks = voices.iter().any(|voice| !voice.marks.is_empty());
    let mut words = words.as_slice();
    let mut turns = Vec::new();
    for Voice { speaker, text, .. } in voices {
        let (own, others) = words.split_at(text.split_whitespace().count());
        words = others;
        let [first, ..] = own else { continue };
        let last_ms = own.last().map_or(first.end_ms, |last| last.end_ms);
        let end_ms = if others.is_empty() { to_ms } else { last_ms };
        let turn = if has_marks {
            Turn::words(own.iter().map(|word| (word.text.as_str(), word.start_ms, word.end_ms)))
        } else {
            Turn::said(text).from_ms(first.start_ms).to_ms(end_ms)
        };
        turns.push(match speaker {
            Some(speaker) => turn.speaker(speaker),
            None => turn,
        });
    }
    turns
}

/// The time at the start of what follows the arrow, and in ms. The settings of a cue in VTT and the positions in SRT
/// follow it.
fn end_time<'a>(rest: &'a str, is_vtt: bool, number: usize, line: &str) -> Result<(&'a str, u64), Problem> {
    let token = rest.split_whitespace().next().unwrap_or_default();
    let in_time = |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, ':' | ',' | '.');
    let spaced = rest.find(|c| !in_time(c)).map_or(rest, |end| &rest[..end]).trim();
    match time(spaced, is_vtt, number, line) {
        Ok(ms) if !is_vtt => Ok((spaced, ms)),
        _ => time(token, is_vtt, number, line).map(|ms| (token, ms)),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `hh:mm:ss,mmm`, `hh:mm:ss.mmm` or `mm:ss.mmm`, in ms. Many SRT files have times with fewer digits or without ms, and
/// some have spaces between the parts.
fn time<'t>(text: &'t str, is_vtt: bool, number: usize, line: &str) -> Result<u64, Problem> {
    let read = || {
        let (clock, ms) =
            if is_vtt { text.split_once('.')? } else { text.split_once([',', '.']).unwrap_or((text, "0")) };
        let trimmed = |part: &'t str| if is_vtt { part } else { part.trim() };
        let (ms, parts): (_, Vec<&str>) = (trimmed(ms), clock.split(':').map(trimmed).collect());
        let (hours, minutes, seconds) = match parts[..] {
            [hours, minutes, seconds] => (hours, minutes, seconds),
            [minutes, seconds] => ("0", minutes, seconds),
            _ => return None,
        };
        let lengths = [minutes.len(), seconds.len(), ms.len()];
        let has_digits = if is_vtt { lengths == [2, 2, 3] } else { lengths[2] <= 3 };
        let parts = [hours, minutes, seconds, ms];
        let is_clock = has_digits && parts.into_iter().all(is_number);
        let [hours, minutes, seconds, ms] = parts.map(|part| part.parse::<u64>().unwrap_or(u64::MAX));
        let fits = is_clock && hours < 1000 && minutes < 60 && seconds < 60;
        fits.then(|| ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
    };
    read().ok_or_else(|| {
        problem(
            number,
            line,
            text,
            if is_vtt {
                "a time is written hh:mm:ss.mmm or mm:ss.mmm"
            } else {
                "a time is written hh:mm:ss,mmm"
            },
        )
    })
}

fn problem(number: usize, line: &str, place: &str, text: &str) -> Problem {
    let before = line.find(place).unwrap_or_default();
    Problem { line: number, column: line[..before].chars().count() + 1, text: text.to_owned() }
}

/// What one speaker says in a cue.
#[derive(Debug, Default, PartialEq)]
struct Voice {
    /// The name in `<v Name>`.
    speaker: Option<String>,
    text: String,
    /// Timestamps: the bytes of the text before each, and its time in ms.
    marks: Vec<(usize, u64)>,
}

impl Voice {
    /// The words, each with the time of the timestamp before it. One inside of a word is left out.
    fn words(&self) -> impl Iterator<Item = (&str, Option<u64>)> {
        let mut end = 0;
        self.text.split_whitespace().map(move |word| {
            let start = end + self.text[end..].find(word).unwrap_or_default();
            let mark = self.marks.iter().rfind(|(at, _)| (end..=start).contains(at)).map(|(_, ms)| *ms);
            end = start + word.len();
            (word, mark)
        })
    }
}

/// What each voice says in a cue of WebVTT. Positions such as `{\an8}` and how a word is read are left out, and so are
/// voices without text.
fn voices(text: &str) -> Vec<Voice> {
    let mut voices = vec![Voice::default()];
    add_voices(CueText::parse(text).children(), &mut voices);
    voices.retain(|voice| !voice.text.trim().is_empty());
    voices
}

fn add_voices(nodes: &[Node<'_>], voices: &mut Vec<Voice>) {
    for node in nodes {
        let Some(voice) = voices.last_mut() else { return };
        match node {
            Node::Text(text) => voice.text.push_str(&without_positions(text.normalize())),
            Node::Timestamp(time) => voice.marks.push((voice.text.len(), ms(*time))),
            Node::Tag(tag) => match tag.tag() {
                Tag::RubyText => {}
                Tag::Voice => {
                    let outer = voice.speaker.clone();
                    let speaker = tag.annotation().map(|name| name.normalize().to_owned());
                    voices.push(Voice { speaker, ..Voice::default() });
                    add_voices(tag.children(), voices);
                    voices.push(Voice { speaker: outer, ..Voice::default() });
                }
                _ => add_voices(tag.children(), voices),
            },
        }
    }
}

/// A text without what players take for a position or a style, such as `{\an8}`.
fn without_positions(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, mark)) = rest.split_once("{\\") {
        let Some((_, behind)) = mark.split_once('}') else { break };
        kept.push_str(before);
        rest = behind;
    }
    kept + rest
}

/// What each voice says in a cue of SRT: tags and positions are removed, character references resolved, and the text is
/// split where `<v Name>` starts a voice or `</v>` ends it. Voices without text are left out.
fn spoken(text: &str) -> Vec<Voice> {
    let text = without_positions(text);
    let (mut voices, mut written, mut rest) = (vec![Voice::default()], String::new(), text.as_str());
    let mut is_reading = false;
    while let Some((before, mark)) = rest.find('<').map(|at| rest.split_at(at)) {
        written.push_str(before);
        rest = if let Some((tag, behind)) = tag(mark) {
            // A reference ends at a tag.
            if is_reading {
                written.clear();
            }
            say(&mut voices, &mut written);
            is_reading = starts_reading(tag).unwrap_or(is_reading);
            voices.extend(voice_in(tag));
            behind
        } else {
            written.push('<');
            &mark[1..]
        };
    }
    if !is_reading {
        written.push_str(rest);
        say(&mut voices, &mut written);
    }
    voices.retain(|voice| !voice.text.trim().is_empty());
    voices
}

/// Moves text to the last voice, with its character references resolved.
fn say(voices: &mut [Voice], written: &mut String) {
    if let Some(voice) = voices.last_mut() {
        voice.text.push_str(&decode_html_entities(written));
    }
    written.clear();
}

/// The tag at the start of a text, and what is behind it. SRT has no escapes: `<` can also be itself.
fn tag(text: &str) -> Option<(&str, &str)> {
    let is_tag = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    text[1..].split_once('>').filter(|(tag, _)| is_tag(tag))
}

/// Whether a tag starts (`rt`) or ends (`/rt`, `/ruby`) how the word before it is read: that word is not said twice.
fn starts_reading(tag: &str) -> Option<bool> {
    match tag.split(['.', ' ']).next() {
        Some("rt") => Some(true),
        Some("/rt" | "/ruby") => Some(false),
        _ => None,
    }
}

/// The voice behind a tag, if the tag changes it: `v Name` or `v.class Name` starts one, `/v` ends it.
fn voice_in(tag: &str) -> Option<Voice> {
    if tag == "/v" {
        return Some(Voice::default());
    }
    let (name, speaker) = tag.split_once(char::is_whitespace)?;
    let is_voice = name == "v" || name.starts_with("v.");
    let speaker = decode_html_entities(speaker.trim()).into_owned();
    is_voice.then(|| Voice { speaker: Some(speaker), ..Voice::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    /// Start, end, speaker and text.
    type Cue = (u64, u64, Option<String>, String);

    fn cues(text: &str) -> TestResult<Vec<Cue>> {
        let turns = read(text).map_err(|problem| format!("{problem:?}: {text:?}"))?;
        let cue = |turn: &Turn| {
            let words = turn.state().words;
            let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            (words[0].start_ms, words[words.len() - 1].end_ms, words[0].speaker.clone(), text)
        };
        Ok(turns.iter().map(cue).collect())
    }

    fn texts(text: &str) -> TestResult<Vec<String>> {
        Ok(cues(text)?.into_iter().map(|(_, _, _, text)| text).collect())
    }

    fn vtt_text(text: &str) -> String {
        super::voices(text).into_iter().map(|voice| voice.text).collect()
    }

    /// Speaker and text of each voice in a cue.
    fn voices(text: &str) -> Vec<(Option<String>, String)> {
        super::voices(text).into_iter().map(|voice| (voice.speaker, voice.text)).collect()
    }

    #[test]
    fn escapes_are_resolved_after_tags_are_removed() {
        assert_eq!(vtt_text("AT&amp;T <b>sells</b> &lt;b&gt;"), "AT&T sells <b>");
        assert_eq!(vtt_text("a&lrm;b&rlm;c&nbsp;d"), "a\u{200E}b\u{200F}c\u{A0}d");
        for as_it_is in ["&", "&&", "&1;", "&;", "R&D; no"] {
            assert_eq!(vtt_text(as_it_is), as_it_is);
        }
        // As HTML has it, to which the standard refers.
        let replacement = "\u{FFFD}";
        for (text, shown) in
            [("&amp", "&"), ("?a=1&copy=2", "?a=1©=2"), ("&#xD800;", replacement), ("&#0;", replacement)]
        {
            assert_eq!(vtt_text(text), shown);
        }
        assert_eq!(vtt_text("&am<b>p;"), "&amp;", "a tag ends a reference");
        assert_eq!(voices("<v R&amp;D>Hello"), [(Some("R&D".into()), "Hello".into())]);
    }

    #[test]
    fn every_character_reference_of_html_is_resolved() -> TestResult {
        assert_eq!(vtt_text("It&#39;s &quot;fine&quot; caf&eacute;"), "It's \"fine\" café");
        assert_eq!(vtt_text("&apos;&AMP;&copy;&hellip;&#x2014;&#X1F600;&#32;."), "'&©…—\u{1F600} .");
        assert_eq!(vtt_text("&amp;lt;"), "&lt;", "once");
        assert_eq!(texts("1\n00:00:01,000 --> 00:00:02,000\nDon&#39;t\n")?, ["Don't"]);
        Ok(())
    }

    #[test]
    fn each_voice_in_a_cue_is_a_turn() -> TestResult {
        let vtt = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>Hello there</v>\n<v Bob>Good day</v> and you\n";
        let said = cues(vtt)?;
        let spoken: Vec<_> = said.iter().map(|(_, _, who, text)| (who.as_deref(), text.as_str())).collect();
        assert_eq!(spoken, [(Some("Ann"), "Hello there"), (Some("Bob"), "Good day"), (None, "and you")]);
        assert!(said[0].0 == 1000 && said[2].1 == 3000, "{said:?}");
        assert!(said.iter().all(|(from_ms, to_ms, ..)| from_ms < to_ms), "{said:?}");
        assert!(said.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{said:?}");
        assert_eq!(
            voices("<v Ann>Hi <v Bob>you"),
            voices("<v Ann>Hi </v><v Bob>you"),
            "`</v>` may be left out"
        );
        Ok(())
    }

    #[test]
    fn positions_and_tags_are_not_spoken() {
        assert_eq!(vtt_text("{\\an8}Up {\\i1}here{\\i0}, {not here}"), "Up here, {not here}");
        let ann = [(Some("Ann B".to_owned()), "Hi you".to_owned())];
        assert_eq!(voices("<v.loud.first Ann B>Hi <00:01.000><c.red>you"), ann);
        assert_eq!(vtt_text("open <c"), "open ");
        assert_eq!(spoken("5 < 6 and 7 > 2 <i>is</i> so <")[0].text, "5 < 6 and 7 > 2 is so <");
    }

    #[test]
    fn how_a_word_is_read_is_not_said_again() -> TestResult {
        assert_eq!(vtt_text("<ruby>静<rt>しず</rt></ruby>かな<ruby>海<rt>うみ</ruby>。"), "静かな海。");
        assert_eq!(vtt_text("<ruby>漢<rt.small>かん</rt>字<rt>じ"), "漢字");
        assert_eq!(
            texts("1\n00:00:01,000 --> 00:00:02,000\n<ruby>震<rt>ふる</rt></ruby>える\n")?,
            ["震える"]
        );
        assert_eq!(vtt_text("<i>art</i> <rtl>x"), "art x");
        Ok(())
    }

    #[test]
    fn cues_without_empty_lines_between_are_cues() -> TestResult {
        let srt = "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\nroom 101\n3\n00:00:05,000 --> 00:00:06,000\n1984\n";
        assert_eq!(texts(srt)?, ["One", "room 101", "1984"]);
        let vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\ntext\nmore\n00:03.000 --> 00:04.000\nnext\n";
        assert_eq!(texts(vtt)?, ["text more", "next"]);
        Ok(())
    }

    #[test]
    fn a_number_that_is_spoken_is_spoken() -> TestResult {
        assert_eq!(
            texts("1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\nx\n")?,
            ["42", "x"]
        );
        Ok(())
    }

    #[test]
    fn lines_end_with_cr_lf_or_both() -> TestResult {
        let text = "WEBVTT\n\ncue\n00:01.000 --> 00:02.000\nHello\nyou\n\nNOTE no\n\n00:03.000 --> 00:04.000\nthere\n";
        for end in ["\n", "\r", "\r\n"] {
            assert_eq!(texts(&text.replace('\n', end))?, ["Hello you", "there"], "{end:?}");
        }
        let problem = read("1\r00:00:01,000 --> 00:61:00,000\r").map(|_| ()).expect_err("61 minutes");
        assert_eq!((problem.line, problem.column), (2, 18));
        Ok(())
    }

    #[test]
    fn times_are_those_of_the_standard() {
        let time = |text| time(text, true, 1, text).ok();
        assert_eq!(time("0:00:01.000"), Some(1000));
        assert_eq!(time("000:01:00.000"), Some(60_000));
        assert_eq!(time("01:00.500"), Some(60_500));
        for wrong in [
            "00:0:00.000",
            "00:00:0.000",
            "0:00.000",
            "000:00.000",
            "00:00:00.00",
            "00:00:00.0000",
            "00:00:00",
            "00:00:00,000",
            "+1:00:00.000",
            "00:60.000",
            "00::00.000",
            "",
        ] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_of_srt_may_have_fewer_digits() {
        let time = |text| time(text, false, 1, text).ok();
        assert_eq!(time("00:00:0,500"), Some(500));
        assert_eq!(time("00:29:27,46"), Some(1_767_046));
        assert_eq!(time("00:04:40"), Some(280_000));
        assert_eq!(time("00:00:01.250"), Some(1250));
        for wrong in ["00:00:00,0000", "00:00:00,", "00:61:00,000", "1", "a:b:c", "", "0 0:00:01,500"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_of_srt_may_have_spaces_and_be_followed_by_positions() -> TestResult {
        let starts = ["00:00:01, 500", "00: 00: 01,500", "00:00:01 ,500 ", "00 : 00 : 01 , 500"];
        let bounds = |start: &str, behind: &str| -> TestResult<_> {
            let end = start.replacen("01", "03", 1);
            let said = cues(&format!("1\n{start} --> {end}{behind}\nHello\n"))?;
            Ok((said[0].0, said[0].1))
        };
        for start in starts {
            assert_eq!(bounds(start, "")?, (1500, 3500), "{start}");
            assert_eq!(bounds(start, "  X1:40 X2:600")?, (1500, 3500), "{start}");
        }
        assert_eq!(bounds("00:00:01,500", " 5")?, (1500, 3500));
        let vtt = |line| read(&format!("WEBVTT\n\n{line}\nHello\n")).is_ok();
        assert!(vtt("00:01.500 --> 00:02.500 line:0") && !vtt("00:01. 500 --> 00:02.500"));
        assert!(!vtt("00:01.500 --> 00:02. 500"));
        Ok(())
    }

    #[test]
    fn files_that_other_parsers_failed_on_are_read() -> TestResult {
        let number = "1490\n01:58:16,824 --> 01:58:23,789\n<i> Império Austro-Húngaro:\n1.567.202. </i>\n";
        assert_eq!(texts(number)?, ["Império Austro-Húngaro: 1.567.202."]);
        let empty = "392\n00:29:27,46 --> 00:29:29,83\nI'm Liza..\n\n393\n00:00:00,00 --> 00:00:00,00\n\n394\n00:00:00,00 --> 00:00:00,00\n";
        assert_eq!(texts(empty)?, ["I'm Liza.."]);
        let clock = "1\n00:00:00,000 --> 00:00:02,000\nJump to 00:01:23,456 in the recording.\n";
        assert_eq!(texts(clock)?, ["Jump to 00:01:23,456 in the recording."]);
        let header = "WEBVTT - A film\n\nNOTE\nThis was done\nby Kyle.\n\n1\n00:02:15.000 --> 00:02:20.000\n- Ta en kopp\n\nNOTE This may not translate well.\n\n2\n00:02:20.000 --> 00:02:25.000\nbla bla<";
        assert_eq!(texts(header)?, ["- Ta en kopp", "bla bla"]);
        Ok(())
    }

    #[test]
    fn the_text_of_a_cue_in_srt_may_have_empty_lines() -> TestResult {
        let cue = |number: &str, from: u64, text: &str| {
            format!("{number}\n00:00:0{from},000 --> 00:00:0{},000\n{text}\n\n", from + 1)
        };
        let cases = [
            ("Je suis coincée,\n\nj'aurai du retard.", "Je suis coincée, j'aurai du retard."),
            ("\n\nOne\n \n\t\nTwo\n\n", "One Two"),
            ("I bet\n\n500\n\nof them", "I bet 500 of them"),
            ("42", "42"),
            ("\n42", "42"),
        ];
        for (text, expected) in cases {
            for counter in ["2", "2\n", "2\n\n", " 2 "] {
                let srt = format!("{}{}{}", cue("1", 1, text), cue(counter, 3, "next"), cue("3", 5, text));
                assert_eq!(texts(&srt)?, [expected, "next", expected], "{srt:?}");
            }
        }
        let vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n\nno cue\n\n00:03.000 --> 00:04.000\nTwo\n";
        assert_eq!(texts(vtt)?, ["One", "Two"], "the standard says so");
        Ok(())
    }

    #[test]
    fn another_arrow_between_the_times_is_an_error() -> TestResult {
        for arrow in ["->", " -> ", " –> ", " —> ", " => ", " → ", " - ", " -- > ", " - -> "] {
            for (head, place) in [("1\n", 2), ("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n", 6)] {
                let srt = format!("{head}00:00:03,000{arrow}00:00:04,000\nyou\n");
                let problem = read(&srt).map(|_| ()).expect_err(arrow);
                assert_eq!((problem.line, problem.column), (place, 1), "{srt:?}: {problem:?}");
            }
        }
        assert!(read("WEBVTT\n\n00:03.000 -> 00:04.000\nyou\n").is_err());
        assert!(read("1\n00:00:03 -> 00:00:04\nyou\n").is_err());
        let said = "10:30 - 11:15: 1.5 - 2.5 -> 3, and 00:01,5 - soon";
        assert_eq!(texts(&format!("1\n00:00:01,000 --> 00:00:02,000\n{said}\n"))?, [said]);
        Ok(())
    }

    #[test]
    fn a_file_without_a_cue_is_an_error_unless_it_is_empty() -> TestResult {
        for none in
            ["<html>no subtitles</html>", "{1}{25}Hello\n", "[Script Info]\nTitle: x\n", "Hello there"]
        {
            let problem = read(none).map(|_| ()).expect_err(none);
            assert_eq!((problem.line, problem.column), (1, 1), "{problem:?}");
        }
        for empty in ["", "\n \n", "WEBVTT", "WEBVTT\n\nNOTE nothing is said\n"] {
            assert!(texts(empty)?.is_empty(), "{empty:?}");
        }
        Ok(())
    }

    #[test]
    fn timestamps_in_a_cue_time_its_words() -> TestResult {
        let starts = |text: &str| -> TestResult<_> {
            let vtt = format!("WEBVTT\n\n00:01.000 --> 00:05.000\n{text}\n");
            let turns = read(&vtt).map_err(|problem| format!("{problem:?}"))?;
            let words: Vec<SpokenWord> = turns.iter().flat_map(|turn| turn.state().words).collect();
            assert!(words.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms), "{words:?}");
            assert_eq!(words.last().map(|word| word.end_ms), Some(5000), "{words:?}");
            Ok(words.into_iter().map(|word| (word.text, word.start_ms)).collect::<Vec<_>>())
        };
        let words = |words: &[(&str, u64)]| {
            words.iter().map(|(text, ms)| ((*text).to_owned(), *ms)).collect::<Vec<_>>()
        };
        assert_eq!(
            starts("Linus,<00:02.000><c> do</c><00:00:03.500><c.one> your</c>")?,
            words(&[("Linus,", 1000), ("do", 2000), ("your", 3500)])
        );
        assert_eq!(
            starts("One <00:02.000>two\nthree")?,
            words(&[("One", 1000), ("two", 2000), ("three", 3315)])
        );
        // Neither inside of a word, nor backwards, nor outside of the cue.
        assert_eq!(starts("wel<00:02.000>come<00:03.000> you")?, words(&[("welcome", 1000), ("you", 3000)]));
        assert_eq!(starts("a <00:03.000>b <00:02.000>c")?, words(&[("a", 1000), ("b", 3000), ("c", 4000)]));
        assert_eq!(starts("a <00:05.000>b <00:00.500>c")?, words(&[("a", 1000), ("b", 2333), ("c", 3666)]));
        assert_eq!(
            starts("<v Ann>Hi <00:02.500>there <v Bob><00:04.000>you")?,
            words(&[("Hi", 1000), ("there", 2500), ("you", 4000)])
        );
        Ok(())
    }

    #[test]
    fn captions_that_roll_up_are_said_once() -> TestResult {
        // As YouTube makes them: each line is shown three times.
        let vtt = "WEBVTT\nKind: captions\n\n\
            00:00:00.160 --> 00:00:03.429 align:start position:0%\n \nLinus,<00:00:00.960><c> do</c><00:00:01.520><c> you?</c>\n\n\
            00:00:03.429 --> 00:00:03.439 align:start position:0%\nLinus, do you?\n \n\n\
            00:00:03.439 --> 00:00:05.749 align:start position:0%\nLinus, do you?\ncool<00:00:03.760><c> or</c>\n\n\
            00:00:05.749 --> 00:00:05.759 align:start position:0%\ncool or\n \n\n\
            00:00:05.759 --> 00:00:08.000 align:start position:0%\ncool or\n[Music]\n\n\
            00:00:09.000 --> 00:00:10.000\n[Music]\n";
        assert_eq!(texts(vtt)?, ["Linus, do you?", "cool or", "[Music]", "[Music]"]);
        // Without timestamps nothing rolls, and what is sung twice has its times twice.
        let twice = "WEBVTT\n\n00:01.000 --> 00:02.000\nNo.\n\n00:02.000 --> 00:03.000\nNo.\n";
        assert_eq!(texts(twice)?, ["No.", "No."]);
        let sung = "WEBVTT\n\n00:01.000 --> 00:02.000\nla <00:01.500>la\n\n00:02.000 --> 00:03.000\nla <00:02.500>la\n";
        assert_eq!(texts(sung)?, ["la la", "la la"]);
        Ok(())
    }

    #[test]
    fn what_looks_like_a_block_of_its_own_can_be_the_name_of_a_cue() -> TestResult {
        let vtt = "WEBVTT - a title\nKind: captions\n\nNOTES\n00:01.000-->00:02.000 line:0\none\n\nNOTE\n00:03.000 --> 00:04.000\nno\n\nSTYLE\n::cue { color: red }\n\n \n\t00:05.000\t-->\t00:06.000\ntwo\n";
        // A line with an arrow ends a block (WebVTT, 6.3), so what is above it is the cue's name.
        assert_eq!(texts(vtt)?, ["one", "no", "two"]);
        assert_eq!(cues(vtt)?[2].0, 5000);
        for name in ["NOTE by Kyle", "NOTE\ntwo lines", "STYLE\n::cue { color: red }", "STYLE guide"] {
            assert_eq!(
                texts(&format!("WEBVTT\n\n{name}\n00:01.000 --> 00:02.000\nhello\n"))?,
                ["hello"],
                "{name}"
            );
        }
        assert_eq!(texts("WEBVTT - Berlin --> Paris\n\n00:01.000 --> 00:02.000\nhello\n")?, ["hello"]);
        Ok(())
    }
}
