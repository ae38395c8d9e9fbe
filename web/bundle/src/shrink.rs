//! Rewrites a wasm module into one that does the same and compresses better.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, DataSection, Function, Instruction, Module};
use wasmparser::{CustomSectionReader, Data, FunctionBody, Operator, Parser, Payload, ValType};

use crate::error::BundleError;

/// Leaves out what only tools read, and numbers the local variables of each function by how often they are used: then the
/// same few numbers are frequent in all functions. A panic in the standard library names no file of it.
///
/// # Errors
/// [`BundleError::Module`] if it is no valid module.
pub(crate) fn shrink(wasm: &[u8]) -> Result<Vec<u8>, BundleError> {
    rewritten(wasm).map_err(|error| BundleError::Module(error.to_string()))
}

fn rewritten(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let mut module = Module::new();
    Shrink { parameters: parameters(wasm)? }.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok(module.finish())
}

/// The number of parameters of each function that the module defines.
fn parameters(wasm: &[u8]) -> Result<VecDeque<usize>, Error> {
    let (mut types, mut functions) = (vec![], VecDeque::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                for function in section.into_iter_err_on_gc_types() {
                    types.push(function?.params().len());
                }
            }
            Payload::FunctionSection(section) => {
                for function in section {
                    functions.extend(types.get(function? as usize));
                }
            }
            _ => {}
        }
    }
    Ok(functions)
}

/// The start of the paths of the standard library's sources, which goes on with the commit of the compiler.
const LIBRARY: &[u8] = b"/rustc/";
/// What is in their place, then spaces: the module has addresses of what follows.
const SHORT: &[u8] = b"library";

/// Overwrites the paths of the standard library's sources.
fn shorten_paths(bytes: &mut [u8]) {
    let mut rest = bytes;
    while let Some(start) = rest.windows(LIBRARY.len()).position(|window| window == LIBRARY) {
        rest = &mut rest[start..];
        let Some(end) = rest.windows(3).position(|window| window == b".rs") else { return };
        let (path, after) = rest.split_at_mut(end + 3);
        path.fill(b' ');
        path[..SHORT.len()].copy_from_slice(SHORT);
        rest = after;
    }
}

struct Shrink {
    /// The number of parameters of each function whose body is still to come.
    parameters: VecDeque<usize>,
}

impl Reencode for Shrink {
    type Error = Infallible;

    /// No browser reads them: names, producers, the features that the compiler used.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn parse_data(&mut self, section: &mut DataSection, data: Data<'_>) -> Result<(), Error> {
        let mut bytes = data.data.to_vec();
        shorten_paths(&mut bytes);
        utils::parse_data(self, section, Data { data: &bytes, ..data })
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error> {
        let parameters = self.parameters.pop_front().unwrap_or_default();
        let locals = Locals::read(&body, parameters)?;
        let mut types = Vec::new();
        for (count, of_type) in locals.runs() {
            types.push((count, self.val_type(of_type)?));
        }
        let mut function = Function::new(types);
        for operator in body.get_operators_reader()? {
            function.instruction(&match operator? {
                Operator::LocalGet { local_index } => Instruction::LocalGet(locals.renumbered(local_index)),
                Operator::LocalSet { local_index } => Instruction::LocalSet(locals.renumbered(local_index)),
                Operator::LocalTee { local_index } => Instruction::LocalTee(locals.renumbered(local_index)),
                operator => self.instruction(operator)?,
            });
        }
        code.function(&function);
        Ok(())
    }
}

/// The local variables of a function.
struct Locals {
    parameters: usize,
    types: Vec<ValType>,
    /// The old numbers in the new order, without those that are not used; counted from the first after the parameters.
    order: Vec<usize>,
}

impl Locals {
    fn read(body: &FunctionBody<'_>, parameters: usize) -> Result<Self, Error> {
        let mut types = Vec::new();
        for run in body.get_locals_reader()? {
            let (count, of_type) = run?;
            types.extend(std::iter::repeat_n(of_type, count as usize));
        }
        let mut uses = vec![0_usize; types.len()];
        for operator in body.get_operators_reader()? {
            let (Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index }) = operator?
            else {
                continue;
            };
            if let Some(local) = (local_index as usize).checked_sub(parameters) {
                uses[local] += 1;
            }
        }
        let mut order: Vec<usize> = (0..types.len()).filter(|local| uses[*local] > 0).collect();
        order.sort_by_key(|local| Reverse(uses[*local]));
        // A declaration names a type once for all that follow each other, so those of one type stay together.
        let by_use = order.clone();
        order.sort_by_key(|local| by_use.iter().position(|first| types[*first] == types[*local]));
        Ok(Self { parameters, types, order })
    }

    /// How many of each type follow each other.
    fn runs(&self) -> Vec<(u32, ValType)> {
        let types: Vec<ValType> = self.order.iter().map(|local| self.types[*local]).collect();
        types.chunk_by(|first, second| first == second).map(|run| (run.len() as u32, run[0])).collect()
    }

    fn renumbered(&self, local_index: u32) -> u32 {
        let old = (local_index as usize).checked_sub(self.parameters);
        let new = old.and_then(|old| self.order.iter().position(|local| *local == old));
        new.map_or(local_index, |new| (self.parameters + new) as u32)
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{CustomSection, FunctionSection, TypeSection, ValType as Type};

    use super::*;
    use test_result::TestResult;

    /// A module with one function of one parameter, whose third local is used most and whose first never.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([Type::I32], [Type::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut function = Function::new([(3, Type::I32), (1, Type::F64), (1, Type::I32)]);
        for instruction in [
            Instruction::LocalGet(0),
            Instruction::LocalTee(2),
            Instruction::LocalSet(3),
            Instruction::LocalGet(4),
            Instruction::Drop,
            Instruction::LocalGet(3),
            Instruction::LocalTee(3),
            Instruction::LocalSet(5),
            Instruction::LocalGet(5),
            Instruction::End,
        ] {
            function.instruction(&instruction);
        }
        let mut code = CodeSection::new();
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        module.section(&CustomSection { name: "producers".into(), data: b"rustc"[..].into() });
        module.finish()
    }

    #[test]
    fn locals_are_numbered_by_use_and_unused_ones_and_custom_sections_are_gone() -> TestResult {
        let small = shrink(&module())?;
        let (mut locals, mut declared) = (vec![], vec![]);
        for payload in Parser::new(0).parse_all(&small) {
            match payload? {
                Payload::CodeSectionEntry(body) => {
                    declared.extend(body.get_locals_reader()?.into_iter().map(Result::unwrap));
                    for operator in body.get_operators_reader()? {
                        locals.extend(match operator? {
                            Operator::LocalGet { local_index } => Some(("get", local_index)),
                            Operator::LocalSet { local_index } => Some(("set", local_index)),
                            Operator::LocalTee { local_index } => Some(("tee", local_index)),
                            _ => None,
                        });
                    }
                }
                Payload::CustomSection(section) => return Err(section.name().into()),
                _ => {}
            }
        }
        // 3 was used three times, 5 twice, 2 and 4 once; 1 never.
        assert_eq!(declared, [(3, ValType::I32), (1, ValType::F64)]);
        let expected =
            [("get", 0), ("tee", 3), ("set", 1), ("get", 4), ("get", 1), ("tee", 1), ("set", 2), ("get", 2)];
        assert_eq!(locals, expected);
        Ok(())
    }

    #[test]
    fn the_standard_librarys_paths_are_overwritten_and_nothing_else_moves() {
        let mut text = *b"a/rustc/0af9/library/core/src/cell.rsb/rustc/0af9/x.rsweb/src/a.rs/rustc/";
        shorten_paths(&mut text);
        let expected = format!("alibrary{}blibrary{}web/src/a.rs/rustc/", " ".repeat(29), " ".repeat(9));
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(shrink(b"\0asm").is_err() && shrink(b"<html>").is_err());
    }
}
