//! A small file, made here; then the same with any bytes changed or cut off.

use proptest::prelude::*;

use super::*;

/// Writes flatbuffers front to back: each object behind what refers to it.
#[derive(Default)]
struct Builder(Vec<u8>);

impl Builder {
    /// A table with space for the fields `0..fields`; returns where each field is stored.
    fn table(&mut self, fields: usize) -> (usize, Vec<usize>) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let vtable = self.0.len();
        let vtable_bytes = 4 + 2 * fields;
        self.0.extend((vtable_bytes as u16).to_le_bytes());
        self.0.extend((4 + 4 * fields as u16).to_le_bytes());
        self.0.extend((0..fields).flat_map(|field| (4 + 4 * field as u16).to_le_bytes()));
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let table = self.0.len();
        self.0.extend(((table - vtable) as i32).to_le_bytes());
        self.0.resize(table + 4 + 4 * fields, 0);
        (table, (0..fields).map(|field| table + 4 + 4 * field).collect())
    }

    fn set_number(&mut self, at: usize, number: u32) {
        self.0[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }

    fn point(&mut self, at: usize, to: usize) {
        self.set_number(at, (to - at) as u32);
    }

    fn bytes(&mut self, at: usize, bytes: &[u8]) {
        let to = self.0.len();
        self.point(at, to);
        self.0.extend((bytes.len() as u32).to_le_bytes());
        self.0.extend(bytes);
    }

    /// A vector of offsets to be set; returns where each is stored.
    fn offsets(&mut self, at: usize, count: usize) -> Vec<usize> {
        let to = self.0.len();
        self.point(at, to);
        self.0.extend((count as u32).to_le_bytes());
        self.0.resize(to + 4 + 4 * count, 0);
        (0..count).map(|i| to + 4 + 4 * i).collect()
    }
}

/// A graph with one tensor, `weight`: two floats, and one node, `product`, that takes it.
fn small_file() -> Vec<u8> {
    let mut file = Builder(b"\0\0\0\0ORTM".to_vec());
    let (session, fields) = file.table(2);
    file.point(0, session);
    let (model, model_fields) = file.table(8);
    file.point(fields[1], model);
    let (graph, graph_fields) = file.table(3);
    file.point(model_fields[7], graph);

    let tensors = file.offsets(graph_fields[0], 1);
    let (tensor, fields) = file.table(5);
    file.point(tensors[0], tensor);
    file.bytes(fields[0], b"weight");
    let shape = file.0.len();
    file.point(fields[2], shape);
    file.0.extend(1u32.to_le_bytes());
    file.0.extend(2i64.to_le_bytes());
    file.set_number(fields[3], 1);
    file.bytes(fields[4], &[1.0f32, -2.0].map(f32::to_le_bytes).concat());

    let nodes = file.offsets(graph_fields[2], 1);
    let (node, fields) = file.table(11);
    file.point(nodes[0], node);
    file.bytes(fields[0], b"/model/decoder/product");
    let inputs = file.offsets(fields[8], 1);
    file.bytes(inputs[0], b"weight");
    file.offsets(fields[10], 0);
    // Fields that were not set point to themselves; nothing reads them.
    file.0
}

#[test]
fn tensors_and_inputs_are_found_by_name() -> Result<(), Fault> {
    let bytes = small_file();
    let file = OrtFile::parse(&bytes)?;
    assert_eq!(file.floats("weight")?, [1.0, -2.0]);
    assert_eq!(file.input("product", 0), Some("weight"));
    assert_eq!(file.input("product", 1), None);
    assert!(file.has_node("prod") && !file.has_node("weight"));
    assert_eq!(file.floats("bias"), Err(Fault::Missing("bias".into())));
    Ok(())
}

#[test]
fn another_format_is_named() {
    for bytes in [&b""[..], b"ORTM", b"RIFF....WAVE", &[0; 64]] {
        assert_eq!(OrtFile::parse(bytes).map(drop), Err(Fault::NotOrt));
    }
}

#[test]
fn each_truncated_file_is_an_error() {
    let bytes = small_file();
    for length in 0..bytes.len() - 4 {
        assert!(OrtFile::parse(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
}

/// Adds a graph of one node with an attribute. Returns the graph, and where the attribute's own graph goes.
fn graph_with_attribute(file: &mut Builder) -> (usize, usize) {
    let (graph, graph_fields) = file.table(3);
    file.offsets(graph_fields[0], 0);
    let nodes = file.offsets(graph_fields[2], 1);
    let (node, fields) = file.table(11);
    file.point(nodes[0], node);
    file.bytes(fields[0], b"if");
    file.offsets(fields[8], 0);
    let attributes = file.offsets(fields[10], 1);
    let (attribute, fields) = file.table(8);
    file.point(attributes[0], attribute);
    (graph, fields[7])
}

#[test]
fn graphs_that_are_nested_too_deeply_are_an_error() {
    // Offsets only lead forward, so a graph that contains itself would need the largest file of all.
    let mut file = Builder(small_file());
    let (graph, mut at) = graph_with_attribute(&mut file);
    for _ in 0..=MAX_DEPTH {
        let (inner, inner_at) = graph_with_attribute(&mut file);
        file.point(at, inner);
        at = inner_at;
    }
    let (last, last_fields) = file.table(3);
    file.point(at, last);
    file.offsets(last_fields[0], 0);
    file.offsets(last_fields[2], 0);
    let root = OrtFile::default().read_graph(Table::at(&file.0, graph), 0);
    assert_eq!(root, Err(Fault::TooComplex));
}

/// A graph of `tensors` tensors of no type that is read, all with one shape of `dimensions` ones.
fn graph_that_shares_a_shape(tensors: usize, dimensions: usize) -> (Builder, usize) {
    let mut file = Builder::default();
    let (graph, graph_fields) = file.table(3);
    let places = file.offsets(graph_fields[0], tensors);
    let tables: Vec<_> = places
        .into_iter()
        .map(|place| {
            let (tensor, fields) = file.table(5);
            file.point(place, tensor);
            fields
        })
        .collect();
    let vector = file.0.len();
    file.0.extend((dimensions as u32).to_le_bytes());
    file.0.extend((0..dimensions).flat_map(|_| 1i64.to_le_bytes()));
    let name = file.0.len();
    file.0.extend([0; 4]);
    for fields in tables {
        file.point(fields[0], name);
        file.point(fields[2], vector);
        file.set_number(fields[3], 7);
        file.point(fields[4], name);
    }
    file.offsets(graph_fields[2], 0);
    (file, graph)
}

#[test]
fn a_shape_that_many_tensors_share_counts_for_each() -> Result<(), Fault> {
    let (file, graph) = graph_that_shares_a_shape(10, 1_000);
    OrtFile::default().read_graph(Table::at(&file.0, graph), 0)?;
    let (file, graph) = graph_that_shares_a_shape(200, 1_000);
    let read = OrtFile::default().read_graph(Table::at(&file.0, graph), 0);
    assert_eq!(read, Err(Fault::TooComplex));
    Ok(())
}

/// A graph of no tensors and one node, whose field `field` is a vector of `count` offsets to an empty name or table.
fn graph_with_vector(field: usize, count: usize) -> (Builder, usize) {
    let mut file = Builder::default();
    let (graph, graph_fields) = file.table(3);
    file.offsets(graph_fields[0], 0);
    let nodes = file.offsets(graph_fields[2], 1);
    let (node, fields) = file.table(11);
    file.point(nodes[0], node);
    let places = file.offsets(fields[field], count);
    let (target, _) = file.table(0);
    for other in [0, 8, 10].into_iter().filter(|other| *other != field) {
        file.offsets(fields[other], 0);
    }
    let name = file.0.len();
    file.0.extend([0; 4]);
    let to = if field == 8 { name } else { target };
    places[..count - 1].iter().for_each(|place| file.point(*place, to));
    // The last points outside: who reads all before counting finds that.
    file.set_number(places[count - 1], u32::MAX);
    (file, graph)
}

#[test]
fn elements_are_counted_before_they_are_kept() {
    for (what, field) in [("inputs", 8), ("attributes", 10)] {
        let read = |count| {
            let (file, graph) = graph_with_vector(field, count);
            OrtFile::default().read_graph(Table::at(&file.0, graph), 0)
        };
        assert!(matches!(read(10), Err(Fault::OutOfBounds { .. })), "{what}: {:?}", read(10));
        assert_eq!(read(MAX_ITEMS + 2), Err(Fault::TooComplex), "{what}");
    }
}

#[test]
fn a_long_name_is_not_read() -> Result<(), Fault> {
    let parsed = |length: usize| {
        let mut file = Builder::default();
        let (table, fields) = file.table(1);
        file.bytes(fields[0], &vec![b'a'; length]);
        Table::at(&file.0, table).string(0).map(str::len)
    };
    assert_eq!((parsed(1_000)?, parsed(1_001)?), (1_000, 0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the bytes are, parsing ends without a panic, and what it found can be read.
    #[test]
    fn changed_bytes_never_panic(changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..8)) {
        let mut bytes = small_file();
        for (at, byte) in changes {
            let at = 8 + usize::from(at) % (bytes.len() - 8);
            bytes[at] = byte;
        }
        if let Ok(file) = OrtFile::parse(&bytes) {
            drop(file.floats("weight"));
        }
    }
}
