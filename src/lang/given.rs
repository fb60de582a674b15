//! Arguments of Python's own functions and methods, bound to their parameters.

use crate::array::{Context, Error, Result};
use crate::numpy::Value;

/// Arguments by parameter.
pub struct Given {
    names: Vec<&'static str>,
    values: Vec<Option<Value>>,
}

impl Given {
    /// Binds arguments to parameters, which `spec` lists: `a b? | key? reverse?`. A `?` marks
    /// those that may be left out. Before `/` stand those that are given by place alone, after
    /// `|` those by name alone, the others by either; without a `/` a `|` does its work too.
    ///
    /// # Errors
    /// TypeError in Python's words.
    pub fn bind(
        function: &str,
        spec: &'static str,
        places: Vec<Value>,
        named: Vec<(String, Value)>,
    ) -> Result<Given> {
        let (mut names, mut values, mut required) = (Vec::new(), Vec::new(), Vec::new());
        let (mut by_place, mut by_name, mut only_name) = (0, None, false);
        for word in spec.split_whitespace() {
            match word {
                "/" => by_name = Some(names.len()),
                "|" => {
                    only_name = true;
                    by_name.get_or_insert(names.len());
                }
                _ => {
                    by_place += usize::from(!only_name);
                    required.push(!word.ends_with('?'));
                    names.push(word.trim_end_matches('?'));
                    values.push(None);
                }
            }
        }
        let by_name = by_name.unwrap_or(0);
        let given = places.len();
        if given > by_place {
            return Err(Error::type_error(match by_place {
                0 => format!("{function}() takes no arguments ({given} given)"),
                1 => format!("{function}() takes exactly one argument ({given} given)"),
                n => format!("{function}() takes at most {n} arguments ({given} given)"),
            }));
        }
        for (slot, value) in values.iter_mut().zip(places) {
            *slot = Some(value);
        }
        for (name, value) in named {
            match names.iter().position(|n| *n == name) {
                Some(i) if i < by_name => {
                    return Err(Error::type_error(format!(
                        "{function}() takes no keyword argument '{name}'"
                    )));
                }
                Some(i) if values[i].is_some() => {
                    return Err(Error::type_error(format!(
                        "{function}() got multiple values for argument '{name}'"
                    )));
                }
                Some(i) => values[i] = Some(value),
                None => {
                    return Err(Error::type_error(format!(
                        "{function}() got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        let missing = required.iter().zip(&values).position(|(r, v)| *r && v.is_none());
        if let Some(i) = missing {
            return Err(Error::type_error(match by_place {
                1 => format!("{function}() takes exactly one argument ({given} given)"),
                _ => {
                    format!("{function}() missing required argument '{}' (pos {})", names[i], i + 1)
                }
            }));
        }
        Ok(Given { names, values })
    }

    /// An argument, where it was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.names.iter().position(|n| *n == name)?;
        self.values[at].as_ref()
    }

    /// An argument, where it was given and is not None.
    pub fn some(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|v| !v.is_none())
    }

    /// An argument that must be given; None where it was not.
    pub fn value(&self, name: &str) -> Value {
        self.get(name).cloned().unwrap_or(Value::None)
    }

    /// A whole number.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        self.get(name).map(Value::index).transpose()
    }

    /// Text.
    ///
    /// # Errors
    /// TypeError where it is none.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_str() {
            Some(s) => Ok(Some(s)),
            None => Err(Error::type_error(format!(
                "argument '{name}' must be str, not {}",
                value.type_name()
            ))),
        }
    }

    /// A truth; false where it was not given.
    ///
    /// # Errors
    /// ValueError where it has none.
    pub fn flag(&self, name: &str, cx: &Context) -> Result<bool> {
        self.get(name).map_or(Ok(false), |v| super::operators::truth(v, cx))
    }
}
