//! How records of data are declared and described.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use minijinja::Value;
use minijinja::value::Serde;
use serde::{Serialize, Serializer};

/// A record, as people read about it.
#[derive(Debug, Clone, Copy)]
pub(in crate::emit) struct Record {
    /// Its name.
    pub(in crate::emit) name: &'static str,
    /// What it holds, in a sentence.
    pub(in crate::emit) about: &'static str,
    /// Its fields, in the order of declaration.
    pub(in crate::emit) fields: &'static [Field],
}

/// A field of a record.
#[derive(Debug, Clone, Copy)]
pub(in crate::emit) struct Field {
    /// Its name in templates.
    pub(in crate::emit) name: &'static str,
    /// What kind of value it holds, in words.
    pub(in crate::emit) kind: fn() -> String,
    /// What it says.
    pub(in crate::emit) about: &'static str,
}

/// Declares a record: its fields, each with its documentation. It may derive more than all records do.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        $(#[derive($($derive:ident),+)])?
        $vis:vis struct $name:ident $(<$life:lifetime>)? {
            $($(#[doc = $field_doc:literal])+ $field_vis:vis $field:ident: $ty:ty,)*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, serde::Serialize $($(, $derive)+)?)]
        $vis struct $name $(<$life>)? {
            $($(#[doc = $field_doc])+ $field_vis $field: $ty,)*
        }

        impl $(<$life>)? $name $(<$life>)? {
            /// What people read about it.
            pub(in crate::emit) const RECORD: $crate::emit::data::Record = $crate::emit::data::Record {
                name: stringify!($name),
                about: concat!($($doc),+),
                fields: &[$($crate::emit::data::Field {
                    name: stringify!($field),
                    kind: <$ty as $crate::emit::data::Kind>::kind,
                    about: concat!($($field_doc),+),
                },)*],
            };
        }

        impl $(<$life>)? $crate::emit::data::Kind for $name $(<$life>)? {
            fn kind() -> String {
                format!("[{0}](#{1})", stringify!($name), stringify!($name).to_lowercase())
            }
        }
    };
}

pub(in crate::emit) use record;

/// A type of fields, in words.
pub(in crate::emit) trait Kind {
    /// The words.
    fn kind() -> String;
}

macro_rules! kinds {
    ($($word:literal: $($ty:ty),+;)*) => {
        $($(impl Kind for $ty {
            fn kind() -> String {
                $word.to_owned()
            }
        })+)*
    };
}

kinds! {
    "text": String, str;
    "number": u16, u32, u64, i64, usize;
    "true or false": bool;
}

impl<T: Kind + ?Sized> Kind for &T {
    fn kind() -> String {
        T::kind()
    }
}

impl<T: Kind> Kind for Option<T> {
    fn kind() -> String {
        format!("{} or none", T::kind())
    }
}

impl<T: Kind> Kind for Vec<T> {
    fn kind() -> String {
        format!("list of {}", T::kind())
    }
}

impl<T: Kind> Kind for [T] {
    fn kind() -> String {
        format!("list of {}", T::kind())
    }
}

impl<T: Kind> Kind for BTreeMap<String, T> {
    fn kind() -> String {
        format!("table of {}", T::kind())
    }
}

/// A record made into a template's value once, for all who hold it.
#[derive(Debug)]
pub(in crate::emit) struct Shared<T>(Value, PhantomData<fn() -> T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone(), PhantomData)
    }
}

impl<T: Serialize> Shared<T> {
    /// Makes the value.
    pub(in crate::emit) fn new(record: &T) -> Self {
        Shared(Value::from(Serde(record)), PhantomData)
    }
}

impl<T> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Kind> Kind for Shared<T> {
    fn kind() -> String {
        T::kind()
    }
}
