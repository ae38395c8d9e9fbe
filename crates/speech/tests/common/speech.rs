//! The recordings of people reading that the tests use, with their words.

/// Files in `target/models/audio`, which `cargo xtask setup --model tiny` takes out of the package `moonshine-voice`.
pub(crate) const RECORDINGS: [(&str, &str); 2] = [
    // Charles Dickens, "A Tale of Two Cities": its first sentence, as it is read.
    (
        "two_cities.wav",
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, \
         it was the epoch of belief, it was the epoch of incredulity, it was the season of light, it was the season of \
         darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing \
         before us, we were all going direct to heaven, we were all going direct the other way. In short, the period \
         was so far like the present period that some of its noisiest authorities insisted on its being received, for \
         good or for evil, in the superlative degree of comparison only.",
    ),
    // Samuel Beckett, "Worstward Ho".
    ("beckett.wav", "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."),
];
