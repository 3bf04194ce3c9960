//! [`record!`] declares a record once: its fields, their types, which must be there, their bounds
//! and their documentation. Decoding, "did you mean", the JSON Schema and the reference follow from it.
//! [`choice!`] does the same for a field that is one of some words.

/// Declares a record of the language: single fields first, then tables of names.
///
/// The types are spelled out to the derive of `validator`, which looks for `Option` by name.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        $what:literal
        pub struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])+
                $(#[validate(range(min = $min:literal, max = $max:literal, message = $wants:literal))])?
                $field:ident: $mode:ident $ty:ty,
            )*
        }
        $(maps {
            $($(#[doc = $map_doc:literal])+ $map:ident: $item:ty,)*
        })?
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, validator::Validate)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])+
                $(#[validate(range(min = $min, max = $max, message = $wants))])?
                pub $field: Option<$crate::source::At<$ty>>,
            )*
            $($(
                $(#[doc = $map_doc])+
                pub $map: $crate::spec::decode::Named<$item>,
            )*)?
        }

        impl $name {
            /// What may be written for the record.
            pub const RECORD: &'static $crate::spec::shape::Record = &$crate::spec::shape::Record {
                what: $what,
                doc: concat!($($doc, "\n"),+),
                fields: &[
                    $($crate::spec::shape::Field {
                        key: $crate::spec::declare::kebab!($field),
                        doc: concat!($($field_doc, "\n"),+),
                        presence: $crate::spec::shape::Presence::$mode(),
                        bounds: $crate::spec::declare::bounds!($($min, $max)?),
                        shape: <$ty as $crate::spec::shape::Describe>::shape,
                    },)*
                    $($($crate::spec::shape::Field {
                        key: $crate::spec::declare::kebab!($map),
                        doc: concat!($($map_doc, "\n"),+),
                        presence: $crate::spec::shape::Presence::optional(),
                        bounds: None,
                        shape: <$item as $crate::spec::shape::Describe>::named,
                    },)*)?
                ],
            };
            const NAMES: &'static [&'static str] = &[
                $($crate::spec::declare::kebab!($field),)*
                $($($crate::spec::declare::kebab!($map),)*)?
            ];
        }

        impl $crate::spec::shape::Describe for $name {
            fn shape() -> $crate::spec::shape::Shape {
                $crate::spec::shape::Shape::Record(Self::RECORD)
            }
        }

        impl $crate::spec::decode::Decode for $name {
            const WANTS: &'static str = $what;

            fn decode(
                node: &$crate::spec::raw::Node,
                decoder: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Option<Self> {
                // Some records need no field.
                #[allow(unused_mut)]
                let mut fields = $crate::spec::decode::Fields::open(node, $what, Self::NAMES, decoder)?;
                let record = $name {
                    $($field: fields.$mode($crate::spec::declare::kebab!($field), decoder),)*
                    $($($map: fields.map($crate::spec::declare::kebab!($map), decoder),)*)?
                };
                fields.report_missing(decoder);
                fields.bounds(validator::Validate::validate(&record), decoder);
                Some(record)
            }
        }
    };
}

/// The bounds of a field, where it has some.
macro_rules! bounds {
    () => {
        None
    };
    ($min:literal, $max:literal) => {
        Some(($min, $max))
    };
}

/// A field's name as specs write it: `data_dir` is `data-dir`.
macro_rules! kebab {
    ($field:ident) => {{
        const BYTES: [u8; stringify!($field).len()] =
            $crate::spec::declare::kebab_bytes(stringify!($field).as_bytes());
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => stringify!($field),
        }
    }};
}

/// See [`kebab!`].
pub(super) const fn kebab_bytes<const N: usize>(name: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = if name[i] == b'_' { b'-' } else { name[i] };
        i += 1;
    }
    out
}

/// Declares a field type that is one of some words.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        $what:literal
        pub enum $name:ident { $($(#[doc = $word_doc:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $word_doc])+ $variant,)+ }

        impl $name {
            /// The words, in the order that people read them.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word that specs write.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }

        impl $crate::spec::shape::Describe for $name {
            fn shape() -> $crate::spec::shape::Shape {
                const WORDS: &$crate::spec::shape::Words = &$crate::spec::shape::Words {
                    what: $what,
                    doc: concat!($($doc, "\n"),+),
                    words: &[$(($word, concat!($($word_doc, "\n"),+)),)+],
                };
                $crate::spec::shape::Shape::Words(WORDS)
            }
        }

        impl $crate::spec::decode::Decode for $name {
            const WANTS: &'static str = $what;

            fn decode(
                node: &$crate::spec::raw::Node,
                decoder: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Option<Self> {
                match $crate::spec::decode::word(node, $what, Self::WORDS, decoder)? {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(super) use {bounds, choice, kebab, record};
