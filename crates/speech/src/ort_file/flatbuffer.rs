//! Reads a flatbuffer's tables and vectors, checking each offset against the file.
//!
//! Layout: <https://flatbuffers.dev/internals/>. All numbers are little-endian.

use crate::error::Fault;

/// A table: fields by number, found through its vtable.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    file: &'a [u8],
    at: usize,
}

/// Reads `N` bytes at `at`.
fn bytes_at<const N: usize>(file: &[u8], at: usize, what: &'static str) -> Result<[u8; N], Fault> {
    at.checked_add(N)
        .and_then(|end| file.get(at..end))
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(Fault::OutOfBounds { what, at })
}

fn u16_at(file: &[u8], at: usize) -> Result<usize, Fault> {
    bytes_at(file, at, "vtable").map(|bytes| usize::from(u16::from_le_bytes(bytes)))
}

fn u32_at(file: &[u8], at: usize) -> Result<usize, Fault> {
    bytes_at(file, at, "offset").map(|bytes| u32::from_le_bytes(bytes) as usize)
}

/// Follows the offset that is stored at `at`; offsets count from where they are stored.
fn follow(file: &[u8], at: usize) -> Result<usize, Fault> {
    let offset = u32_at(file, at)?;
    at.checked_add(offset).filter(|to| *to < file.len()).ok_or(Fault::OutOfBounds { what: "offset", at })
}

/// The elements of the vector at `at`: its first byte and its count. All elements lie inside the file.
fn vector_at(file: &[u8], at: usize, element_bytes: usize) -> Result<(usize, usize), Fault> {
    let count = u32_at(file, at)?;
    let first = at + 4;
    let is_inside = count
        .checked_mul(element_bytes)
        .and_then(|bytes| bytes.checked_add(first))
        .is_some_and(|end| end <= file.len());
    if is_inside { Ok((first, count)) } else { Err(Fault::OutOfBounds { what: "vector", at }) }
}

fn bytes_of_vector(file: &[u8], at: usize) -> Result<&[u8], Fault> {
    let (first, count) = vector_at(file, at, 1)?;
    Ok(&file[first..first + count])
}

/// Longest name that is read, in bytes. Moonshine's have at most some dozens.
const MAX_NAME_BYTES: usize = 1_000;

/// Names are ASCII; one that is not, or is long, is no name that anybody looks for.
fn text(bytes: &[u8]) -> &str {
    if bytes.len() > MAX_NAME_BYTES {
        return ""; // Many tensors may share one name, and each is checked and hashed.
    }
    std::str::from_utf8(bytes).unwrap_or("")
}

impl<'a> Table<'a> {
    #[cfg(test)]
    pub(super) fn at(file: &'a [u8], at: usize) -> Self {
        Self { file, at }
    }

    pub(super) fn root(file: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self { file, at: follow(file, 0)? })
    }

    /// Where field `number` is stored; `None` where the table leaves it out.
    fn field(&self, number: usize) -> Result<Option<usize>, Fault> {
        let distance = i32::from_le_bytes(bytes_at(self.file, self.at, "table")?);
        let vtable =
            i64::try_from(self.at).ok().and_then(|at| usize::try_from(at - i64::from(distance)).ok());
        let vtable = vtable.ok_or(Fault::OutOfBounds { what: "vtable", at: self.at })?;
        let entry = 4 + 2 * number;
        if entry >= u16_at(self.file, vtable)? {
            return Ok(None);
        }
        let offset = u16_at(self.file, vtable.saturating_add(entry))?;
        Ok((offset != 0).then_some(self.at + offset))
    }

    pub(super) fn table(&self, number: usize) -> Result<Option<Self>, Fault> {
        let Some(at) = self.field(number)? else { return Ok(None) };
        Ok(Some(Self { file: self.file, at: follow(self.file, at)? }))
    }

    pub(super) fn i32(&self, number: usize) -> Result<i32, Fault> {
        let Some(at) = self.field(number)? else { return Ok(0) };
        bytes_at(self.file, at, "number").map(i32::from_le_bytes)
    }

    pub(super) fn bytes(&self, number: usize) -> Result<&'a [u8], Fault> {
        let Some(at) = self.field(number)? else { return Ok(&[]) };
        bytes_of_vector(self.file, follow(self.file, at)?)
    }

    pub(super) fn string(&self, number: usize) -> Result<&'a str, Fault> {
        self.bytes(number).map(text)
    }

    // The vectors of many tables may be the same bytes, so a small file may have millions of elements: the caller takes
    // them one by one, and counts.

    pub(super) fn i64s(
        &self,
        number: usize,
    ) -> Result<impl Iterator<Item = Result<i64, Fault>> + use<'a>, Fault> {
        let (first, count) = self.vector(number, 8)?;
        let file = self.file;
        Ok((0..count).map(move |i| bytes_at(file, first + 8 * i, "number").map(i64::from_le_bytes)))
    }

    pub(super) fn tables(
        &self,
        number: usize,
    ) -> Result<impl Iterator<Item = Result<Self, Fault>> + use<'a>, Fault> {
        let file = self.file;
        Ok(self.offsets(number)?.map(move |at| Ok(Self { file, at: at? })))
    }

    pub(super) fn strings(
        &self,
        number: usize,
    ) -> Result<impl Iterator<Item = Result<&'a str, Fault>> + use<'a>, Fault> {
        let file = self.file;
        Ok(self.offsets(number)?.map(move |at| bytes_of_vector(file, at?).map(text)))
    }

    /// Where the elements of a vector of offsets point to.
    fn offsets(&self, number: usize) -> Result<impl Iterator<Item = Result<usize, Fault>> + use<'a>, Fault> {
        let (first, count) = self.vector(number, 4)?;
        let file = self.file;
        Ok((0..count).map(move |i| follow(file, first + 4 * i)))
    }

    /// The first byte and the count of a vector's elements; none where the table leaves it out.
    fn vector(&self, number: usize, element_bytes: usize) -> Result<(usize, usize), Fault> {
        let Some(at) = self.field(number)? else { return Ok((0, 0)) };
        vector_at(self.file, follow(self.file, at)?, element_bytes)
    }
}
