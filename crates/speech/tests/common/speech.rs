//! The recordings of people reading that the tests use, with their words.

/// Files in `target/models/audio`, which `cargo xtask setup --speech` takes out of the packages `moonshine-voice` of
/// PyPI and `pocketsphinx-testdata` of Debian.
pub(crate) const RECORDINGS: [(&str, &str); 7] = [
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
    // Jane Austen, "Sense and Sensibility", read for LibriVox; the words are those that Debian's package has with them.
    (
        "austen_0870.wav",
        "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do for \
         them",
    ),
    ("austen_0880.wav", "he was not an ill disposed young man"),
    ("austen_0890.wav", "unless to be rather cold hearted and rather selfish is to be ill disposed"),
    (
        "austen_0920.wav",
        "had he married a more a amiable woman he might have been made still more respectable than he was",
    ),
    ("austen_0930.wav", "he might even have been made amiable himself"),
];
