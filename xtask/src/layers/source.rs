//! Parses the source of a package for the rules: the paths that each file names, and its string literals.
//!
//! Files are read as tokens, so comments are ignored and paths inside macro calls are found. Code that is compiled for
//! tests only is left out. Names are resolved through `use` declarations of the same file only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::directories;

/// A path from the root of its package, without the `crate`.
pub type ModulePath = Vec<String>;

#[derive(Debug)]
pub struct SourceFile {
    /// The path from the root of the repository, such as `server/src/main.rs`.
    pub file: String,
    pub module: ModulePath,
    /// The modules and items of the same package that the file names, except re-exports from the module's own
    /// children.
    pub paths: BTreeSet<ModulePath>,
    /// The contents of all string literals.
    pub strings: Vec<String>,
}

/// The paths of all files below `folder` with this ending, from the root of the repository, sorted.
pub fn files(folder: &str, ending: &str) -> Result<Vec<String>> {
    fn walk(root: &Path, folder: &str, ending: &str, found: &mut Vec<String>) -> Result<()> {
        for entry in fs::read_dir(root.join(folder)).with_context(|| format!("read {folder}"))? {
            let entry = entry?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                walk(root, &name, ending, found)?;
            } else if name.ends_with(ending) {
                found.push(name);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(&directories::root(), folder, ending, &mut found)?;
    found.sort();
    Ok(found)
}

pub fn text_of(file: &str) -> Result<String> {
    fs::read_to_string(directories::root().join(file)).with_context(|| format!("read {file}"))
}

/// Parses all files of `package` below `folder`, without tests.
pub fn package(package: &str, folder: &str) -> Result<Vec<SourceFile>> {
    let texts = files(folder, ".rs")?
        .into_iter()
        .map(|file| Ok((text_of(&file)?, file)))
        .collect::<Result<Vec<_>>>()?;
    parse(package, folder, texts.iter().map(|(text, file)| (file.as_str(), text.as_str())))
}

/// Parses source texts given with their file names.
pub fn parse<'a>(
    package: &str,
    folder: &str,
    texts: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<SourceFile>> {
    let texts: Vec<(&str, &str, ModulePath)> = texts
        .into_iter()
        .filter(|(file, _)| !file.ends_with("tests.rs") && !file.contains("/tests/"))
        .map(|(file, text)| (file, text, module_of(file, folder)))
        .collect();
    let modules: BTreeSet<ModulePath> = texts.iter().map(|(_, _, module)| module.clone()).collect();
    texts
        .into_iter()
        .map(|(file, text, module)| {
            let tokens: TokenStream =
                text.parse().map_err(|error| anyhow!("{file} is not Rust: {error}"))?;
            let mut reader = Reader {
                package,
                modules: &modules,
                written: Vec::new(),
                names: BTreeMap::new(),
                strings: Vec::new(),
            };
            reader.walk(tokens, &module);
            let (paths, strings) = reader.finish();
            Ok(SourceFile { file: file.to_owned(), module, paths, strings })
        })
        .collect()
}

/// The module of a file: `server/src/bookings/mod.rs` is `bookings`, and `lib.rs` is the root. `main.rs` counts as a
/// module of its own.
fn module_of(file: &str, folder: &str) -> ModulePath {
    let inner = file.strip_prefix(folder).unwrap_or(file).trim_start_matches('/');
    let mut module: ModulePath =
        inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

/// A path as written, and the (perhaps inline) module in which it is written.
struct Written {
    module: ModulePath,
    segments: Vec<String>,
    /// Whether it is written in a `pub use`.
    exported: bool,
}

struct Reader<'a> {
    package: &'a str,
    modules: &'a BTreeSet<ModulePath>,
    written: Vec<Written>,
    /// The path that a `use` imports, by the module of the `use` and the imported name.
    names: BTreeMap<(ModulePath, String), Vec<String>>,
    strings: Vec<String>,
}

impl Reader<'_> {
    fn walk(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut exported = false;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at..];
            let was_exported = std::mem::take(&mut exported);
            at += match (token, rest.get(1), rest.get(2)) {
                (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)), _)
                    if hash.as_char() == '#' =>
                {
                    if attribute.stream().to_string().replace(' ', "") == "cfg(test)" {
                        length_of_item(rest)
                    } else {
                        2
                    }
                }
                (
                    TokenTree::Ident(word),
                    Some(TokenTree::Ident(name)),
                    Some(TokenTree::Group(body)),
                ) if word == "mod" => {
                    let inner = [module, &[name.to_string()]].concat();
                    self.walk(body.stream(), &inner);
                    3
                }
                (TokenTree::Ident(word), next, _) if word == "pub" => {
                    exported = true;
                    if is_visibility(next) { 2 } else { 1 }
                }
                (TokenTree::Ident(word), next, _) if word == "use" && !is_punct(next, '<') => {
                    let length =
                        rest.iter().take_while(|token| !is_punct(Some(token), ';')).count();
                    self.import(&rest[1..length], Vec::new(), module, was_exported);
                    length
                }
                (TokenTree::Ident(_), ..) => {
                    let (segments, length) = path_at(rest);
                    let continues = at > 0
                        && is_punct(tokens.get(at - 1), ':')
                        && at > 1
                        && is_punct(tokens.get(at - 2), ':');
                    if segments.len() > 1 && !continues {
                        self.written.push(Written {
                            module: module.to_vec(),
                            segments,
                            exported: false,
                        });
                    }
                    length
                }
                (TokenTree::Group(group), ..) => {
                    self.walk(group.stream(), module);
                    1
                }
                (TokenTree::Literal(literal), ..) => {
                    let text = literal.to_string();
                    if let (Some(start), Some(end)) = (text.find('"'), text.rfind('"'))
                        && start < end
                    {
                        self.strings.push(text[start + 1..end].replace("\\n", " "));
                    }
                    1
                }
                _ => 1,
            };
        }
    }

    /// Reads one branch of a `use` tree. `before` is the path of the outer branches.
    fn import(
        &mut self,
        tree: &[TokenTree],
        before: Vec<String>,
        module: &[String],
        exported: bool,
    ) {
        let (mut segments, length) = path_at(tree);
        if length == 0 && is_punct(tree.first(), ':') {
            // `::name` is another package.
            return;
        }
        let is_itself = segments == ["self"] && !before.is_empty();
        let mut path = before;
        if !is_itself {
            path.append(&mut segments);
        }
        let rest = &tree[length..];
        if let Some(TokenTree::Group(group)) = rest.iter().find(|token| is_brace(token)) {
            let branches: Vec<TokenTree> = group.stream().into_iter().collect();
            for branch in branches.split(|token| is_punct(Some(token), ',')) {
                if !branch.is_empty() {
                    self.import(branch, path.clone(), module, exported);
                }
            }
            return;
        }
        let renamed = match rest {
            [TokenTree::Ident(word), TokenTree::Ident(name)] if word == "as" => {
                Some(name.to_string())
            }
            _ => None,
        };
        let is_glob = rest.iter().any(|token| is_punct(Some(token), '*'));
        if let Some(name) = renamed.or_else(|| path.last().cloned())
            && !is_glob
        {
            self.names.insert((module.to_vec(), name), path.clone());
        }
        self.written.push(Written { module: module.to_vec(), segments: path, exported });
    }

    fn finish(self) -> (BTreeSet<ModulePath>, Vec<String>) {
        let paths = self
            .written
            .iter()
            .filter_map(|written| {
                let path = self.resolve(&written.module, &written.segments, 0)?;
                let of_a_child = path.starts_with(&written.module);
                (!(written.exported && of_a_child)).then_some(path)
            })
            .collect();
        (paths, self.strings)
    }

    /// The path from the root of the package; `None` when it belongs to another package.
    fn resolve(
        &self,
        module: &[String],
        segments: &[String],
        followed: usize,
    ) -> Option<ModulePath> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => return Some([module, rest].concat()),
            "super" => {
                let (_, mut parent) = module.split_last()?;
                let mut rest = rest;
                while let Some(("super", after)) =
                    rest.split_first().map(|(first, after)| (first.as_str(), after))
                {
                    parent = parent.split_last()?.1;
                    rest = after;
                }
                return Some([parent, rest].concat());
            }
            package if package == self.package => return Some(rest.to_vec()),
            _ => {}
        }
        let child = [module, std::slice::from_ref(first)].concat();
        if self.modules.contains(&child) {
            return Some([child.as_slice(), rest].concat());
        }
        // Limited, since a name that refers to itself (`use url::url`) would be followed forever.
        let named = self.names.get(&(module.to_vec(), first.clone())).filter(|_| followed < 3)?;
        Some([self.resolve(module, named, followed + 1)?.as_slice(), rest].concat())
    }
}

/// The path (such as `a::b::c`) at the start of the tokens, and its length in tokens.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let Some(TokenTree::Ident(first)) = tokens.first() else { return (Vec::new(), 0) };
    let mut segments = vec![first.to_string()];
    let mut length = 1;
    while is_punct(tokens.get(length), ':') && is_punct(tokens.get(length + 1), ':') {
        let Some(TokenTree::Ident(next)) = tokens.get(length + 2) else { break };
        segments.push(next.to_string());
        length += 3;
    }
    (segments, length)
}

/// The number of tokens to the semicolon or closing brace that ends an item.
pub fn length_of_item(tokens: &[TokenTree]) -> usize {
    let end = tokens.iter().position(|token| is_punct(Some(token), ';') || is_brace(token));
    end.map_or(tokens.len(), |end| end + 1)
}

pub fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Whether a token is the `(crate)` or `(in crate::bookings)` after `pub`.
fn is_visibility(token: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = token else { return false };
    group.delimiter() == Delimiter::Parenthesis
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word))
            if ["crate", "super", "self", "in"].iter().any(|scope| word == scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Result<Vec<String>> {
        let texts = [
            ("server/src/rooms/mod.rs", ""),
            ("server/src/rooms/store.rs", ""),
            ("server/src/rooms/use.rs", text),
            ("server/src/rooms/use/inner.rs", ""),
        ];
        let parsed = parse("server", "server/src", texts)?;
        let file = parsed.into_iter().find(|source| source.file.ends_with("/use.rs"));
        let paths = file.context("no such file")?.paths;
        Ok(paths.into_iter().map(|path| path.join("::")).collect())
    }

    #[test]
    fn all_ways_to_name_a_module_are_found() -> Result<()> {
        for text in [
            "use crate::rooms::store::row;",
            "use crate::{clock, rooms::{self, store::{row}}};",
            "use super::store::row;",
            "use super::{store as kept}; fn f() { kept::row() }",
            "use crate::rooms; fn f() { vec![rooms::store::row()] }",
            "fn f() { crate::rooms::store::row() }",
            "fn f() { server::rooms::store::row() }",
            "mod deeper { use super::super::store::row; }",
        ] {
            assert!(paths(text)?.contains(&"rooms::store::row".to_owned()), "{text}");
        }
        Ok(())
    }

    #[test]
    fn comments_tests_other_packages_and_re_exports_of_children_are_ignored() -> Result<()> {
        for text in [
            "//! [`crate::rooms::store`]\n/// crate::rooms::store\nfn f() {}",
            "#[cfg(test)] mod tests { use super::super::store; }",
            "#[cfg(test)] use super::store;",
            "use ::rooms::store; use chrono::store; fn f() { Vec::<u8>::new(); serde::rooms::store() }",
            "pub mod inner; pub use inner::row; pub(in crate::rooms) use self::inner::other;",
        ] {
            assert!(paths(text)?.is_empty(), "{text}: {:?}", paths(text)?);
        }
        Ok(())
    }

    #[test]
    fn string_literals_of_every_kind_are_found() -> Result<()> {
        let text = "#[doc = \"no\"] fn f() { q!(r#\"select \"a\"\"#, \"b\\nc\", 'd', 1) }";
        let parsed = parse("server", "server/src", [("server/src/a.rs", text)])?;
        assert_eq!(parsed[0].strings, ["select \"a\"", "b c"]);
        Ok(())
    }
}
