//! The names that Python 2 had for what protocols 0 to 2 refer to, and Python 3's for them.
//!
//! Only the modules and functions a pickled value can come from; nothing is imported.

/// A global of a pickle of protocol 0 to 2 under its Python 3 name.
pub(super) fn renamed<'a>(module: &'a str, name: &'a str) -> (&'a str, &'a str) {
    match (module, name) {
        ("__builtin__", "xrange") => ("builtins", "range"),
        ("__builtin__", "unicode" | "basestring") => ("builtins", "str"),
        ("__builtin__", "long") => ("builtins", "int"),
        ("__builtin__", "unichr") => ("builtins", "chr"),
        ("__builtin__", "reduce") => ("functools", "reduce"),
        ("__builtin__", "intern") => ("sys", "intern"),
        ("itertools", "izip") => ("builtins", "zip"),
        ("itertools", "imap") => ("builtins", "map"),
        ("itertools", "ifilter") => ("builtins", "filter"),
        ("itertools", "ifilterfalse") => ("itertools", "filterfalse"),
        ("itertools", "izip_longest") => ("itertools", "zip_longest"),
        ("UserDict", "IterableUserDict") => ("collections", "UserDict"),
        ("exceptions", "StandardError") => ("builtins", "Exception"),
        ("socket", "_socketobject") => ("socket", "SocketType"),
        ("urllib", "quote" | "quote_plus" | "unquote" | "unquote_plus" | "urlencode") => {
            ("urllib.parse", name)
        }
        ("urllib2", "HTTPError" | "URLError") => ("urllib.error", name),
        _ => (renamed_module(module), name),
    }
}

fn renamed_module(module: &str) -> &str {
    match module {
        "__builtin__" | "exceptions" => "builtins",
        "copy_reg" => "copyreg",
        "UserDict" | "UserList" | "UserString" => "collections",
        "_abcoll" => "collections.abc",
        "Queue" => "queue",
        "ConfigParser" => "configparser",
        "repr" => "reprlib",
        "cPickle" => "pickle",
        "StringIO" | "cStringIO" => "io",
        "thread" => "_thread",
        "commands" => "subprocess",
        "SocketServer" => "socketserver",
        "BaseHTTPServer" | "SimpleHTTPServer" | "CGIHTTPServer" => "http.server",
        "httplib" => "http.client",
        "Cookie" => "http.cookies",
        "cookielib" => "http.cookiejar",
        "HTMLParser" => "html.parser",
        "htmlentitydefs" => "html.entities",
        "urlparse" => "urllib.parse",
        "urllib2" => "urllib.request",
        "robotparser" => "urllib.robotparser",
        "xmlrpclib" => "xmlrpc.client",
        "_elementtree" => "xml.etree.ElementTree",
        "anydbm" | "whichdb" => "dbm",
        "_winreg" => "winreg",
        "Tkinter" => "tkinter",
        _ => module,
    }
}
