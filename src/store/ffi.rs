//! HDF5's C functions as this room calls them.
//!
//! The bindings of `hdf5-sys` name C enumerations as Rust enumerations. A file can hold values
//! outside them (a user-defined link has a class from 65 to 255), and such a value in a Rust
//! `enum` is undefined behaviour. So the functions used here are declared once more with plain
//! integers, after HDF5 2.2's `H5*public.h`. `hdf5-sys` links the library and owns the lock.
//!
//! What belongs here: declarations and the constants they take. No logic.

#![allow(non_camel_case_types, missing_docs)]

use libc::{c_char, c_int, c_uint, c_ulong, c_void, off_t, size_t, ssize_t, time_t};

pub type hid_t = i64;
pub type herr_t = c_int;
pub type htri_t = c_int;
pub type hsize_t = u64;
pub type hssize_t = i64;

pub const H5P_DEFAULT: hid_t = 0;
pub const H5S_ALL: hid_t = 0;
pub const H5E_DEFAULT: hid_t = 0;
pub const H5S_UNLIMITED: hsize_t = hsize_t::MAX;
pub const H5O_MAX_TOKEN_SIZE: usize = 16;

pub const H5F_ACC_RDONLY: c_uint = 0;
pub const H5F_ACC_RDWR: c_uint = 1;
pub const H5F_ACC_TRUNC: c_uint = 2;
pub const H5F_ACC_EXCL: c_uint = 4;
pub const H5F_ACC_SWMR_READ: c_uint = 0x40;
pub const H5F_CLOSE_WEAK: c_int = 1;
pub const H5F_LIBVER_EARLIEST: c_int = 0;
pub const H5F_LIBVER_V18: c_int = 1;
pub const H5F_LIBVER_V110: c_int = 2;

pub const H5_INDEX_NAME: c_int = 0;
pub const H5_INDEX_CRT_ORDER: c_int = 1;
pub const H5_ITER_INC: c_int = 0;
pub const H5_ITER_NATIVE: c_int = 2;

pub const H5L_TYPE_HARD: c_int = 0;
pub const H5L_TYPE_SOFT: c_int = 1;
pub const H5L_TYPE_EXTERNAL: c_int = 64;

pub const H5O_INFO_BASIC: c_uint = 1;
pub const H5O_INFO_TIME: c_uint = 2;
pub const H5O_INFO_NUM_ATTRS: c_uint = 4;
pub const H5O_NATIVE_INFO_HDR: c_uint = 8;
/// The type of the header's message that a group of the old format has.
pub const H5O_SYMBOL_TABLE_MESSAGE: u32 = 17;
pub const H5O_TYPE_GROUP: c_int = 0;
pub const H5O_TYPE_DATASET: c_int = 1;
pub const H5O_TYPE_NAMED_DATATYPE: c_int = 2;

pub const H5T_INTEGER: c_int = 0;
pub const H5T_FLOAT: c_int = 1;
pub const H5T_TIME: c_int = 2;
pub const H5T_STRING: c_int = 3;
pub const H5T_BITFIELD: c_int = 4;
pub const H5T_OPAQUE: c_int = 5;
pub const H5T_COMPOUND: c_int = 6;
pub const H5T_REFERENCE: c_int = 7;
pub const H5T_ENUM: c_int = 8;
pub const H5T_VLEN: c_int = 9;
pub const H5T_ARRAY: c_int = 10;
pub const H5T_COMPLEX: c_int = 11;

pub const H5S_SCALAR: c_int = 0;
pub const H5S_NULL: c_int = 2;
pub const H5S_SELECT_SET: c_int = 0;
pub const H5S_SEL_NONE: c_int = 0;
pub const H5S_SEL_POINTS: c_int = 1;
pub const H5S_SEL_HYPERSLABS: c_int = 2;

pub const H5D_COMPACT: c_int = 0;
pub const H5D_CONTIGUOUS: c_int = 1;
pub const H5D_CHUNKED: c_int = 2;
pub const H5D_VIRTUAL: c_int = 3;
pub const H5D_FILL_VALUE_UNDEFINED: c_int = 0;
pub const H5D_FILL_VALUE_USER_DEFINED: c_int = 2;

pub const H5P_CRT_ORDER_INDEXED: c_uint = 2;
pub const H5D_FILL_TIME_ALLOC: c_int = 0;
pub const H5O_COPY_WITHOUT_ATTR_FLAG: c_uint = 16;
pub const H5D_ALLOC_TIME_EARLY: c_int = 1;
pub const H5D_FILL_TIME_NEVER: c_int = 1;
pub const H5T_STR_NULLTERM: c_int = 0;
pub const H5T_STR_NULLPAD: c_int = 1;
pub const H5T_CSET_ASCII: c_int = 0;
pub const H5T_CSET_UTF8: c_int = 1;
pub const H5T_VARIABLE: size_t = size_t::MAX;
pub const H5F_SCOPE_LOCAL: c_int = 0;
pub const H5F_SCOPE_GLOBAL: c_int = 1;

pub const H5R_OBJECT1: c_int = 0;
pub const H5R_DATASET_REGION1: c_int = 1;
pub const H5R_DATASET_REGION2: c_int = 3;
pub const H5R_ATTR: c_int = 4;

pub const HADDR_UNDEF: u64 = u64::MAX;
pub const H5D_CHUNK_IDX_EARRAY: c_int = 4;
pub const H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS: c_uint = 2;

pub const H5P_CRT_ORDER_TRACKED: c_uint = 1;

#[repr(C)]
#[derive(Copy, Clone)]
pub struct H5L_info2_t {
    pub kind: c_int,
    pub corder_valid: bool,
    pub corder: i64,
    pub cset: c_int,
    /// A hard link's token (16 bytes), or the size of another link's value in the first 8.
    pub u: [u64; 2],
}

#[repr(C)]
#[derive(Copy, Clone)]
pub struct H5O_info2_t {
    pub fileno: c_ulong,
    pub token: [u8; H5O_MAX_TOKEN_SIZE],
    pub kind: c_int,
    pub rc: c_uint,
    pub atime: time_t,
    pub mtime: time_t,
    pub ctime: time_t,
    pub btime: time_t,
    pub num_attrs: hsize_t,
}

/// `H5O_native_info_t`: the header's facts, then sizes of indices and heaps.
#[repr(C)]
#[derive(Copy, Clone, Default)]
pub struct H5O_native_info_t {
    pub version: c_uint,
    pub nmesgs: c_uint,
    pub nchunks: c_uint,
    pub flags: c_uint,
    pub space: [hsize_t; 4],
    /// One bit for each type of message in the header.
    pub present: u64,
    pub shared: u64,
    pub meta_size: [hsize_t; 4],
}

/// `H5G_info_t`: how a group keeps its links, and how many there are.
#[repr(C)]
#[derive(Copy, Clone, Default)]
pub struct H5G_info_t {
    pub storage: c_int,
    pub links: hsize_t,
    pub max_corder: i64,
    pub mounted: bool,
}

pub const H5G_STORAGE_TYPE_DENSE: c_int = 2;

/// `H5A_info_t`.
#[repr(C)]
#[derive(Copy, Clone, Default)]
pub struct H5A_info_t {
    pub corder_valid: bool,
    pub corder: u32,
    pub cset: c_int,
    pub data_size: hsize_t,
}

/// `H5F_info2_t`.
#[repr(C)]
#[derive(Copy, Clone, Default)]
pub struct H5F_info2_t {
    pub super_version: c_uint,
    pub super_size: [hsize_t; 2],
    pub free_version: c_uint,
    pub free_size: [hsize_t; 2],
    pub shared_version: c_uint,
    pub shared_size: [hsize_t; 3],
}

/// `H5O_token_t`: where an object is, as it is passed by value.
#[repr(C)]
#[derive(Copy, Clone)]
pub struct H5O_token_t(pub [u8; H5O_MAX_TOKEN_SIZE]);

#[repr(C)]
#[derive(Copy, Clone)]
pub struct hvl_t {
    pub len: size_t,
    pub p: *mut c_void,
}

#[repr(C)]
#[derive(Copy, Clone)]
pub struct H5E_error2_t {
    pub cls_id: hid_t,
    pub maj_num: hid_t,
    pub min_num: hid_t,
    pub line: c_uint,
    pub func_name: *const c_char,
    pub file_name: *const c_char,
    pub desc: *const c_char,
}

pub type H5L_iterate2_t =
    unsafe extern "C" fn(hid_t, *const c_char, *const H5L_info2_t, *mut c_void) -> herr_t;
pub type H5A_operator2_t =
    unsafe extern "C" fn(hid_t, *const c_char, *const c_void, *mut c_void) -> herr_t;
pub type H5E_walk2_t = unsafe extern "C" fn(c_uint, *const H5E_error2_t, *mut c_void) -> herr_t;
pub type H5D_chunk_iter_op_t =
    unsafe extern "C" fn(*const hsize_t, c_uint, u64, hsize_t, *mut c_void) -> c_int;
pub type H5MM_allocate_t = unsafe extern "C" fn(size_t, *mut c_void) -> *mut c_void;
pub type H5MM_free_t = unsafe extern "C" fn(*mut c_void, *mut c_void);
pub type H5Z_func_t = unsafe extern "C" fn(
    c_uint,
    size_t,
    *const c_uint,
    size_t,
    *mut size_t,
    *mut *mut c_void,
) -> size_t;

/// `H5Z_class2_t` of `H5Zdevelop.h`.
#[repr(C)]
pub struct H5Z_class2_t {
    pub version: c_int,
    pub id: c_int,
    pub encoder_present: c_uint,
    pub decoder_present: c_uint,
    pub name: *const c_char,
    pub can_apply: Option<unsafe extern "C" fn(hid_t, hid_t, hid_t) -> htri_t>,
    pub set_local: Option<unsafe extern "C" fn(hid_t, hid_t, hid_t) -> herr_t>,
    pub filter: Option<H5Z_func_t>,
}

unsafe extern "C" {
    // Errors, ids, memory
    pub fn H5Eset_auto2(stack: hid_t, func: *const c_void, data: *mut c_void) -> herr_t;
    pub fn H5Eclear2(stack: hid_t) -> herr_t;
    pub fn H5Ewalk2(stack: hid_t, dir: c_int, func: H5E_walk2_t, data: *mut c_void) -> herr_t;
    pub fn H5Idec_ref(id: hid_t) -> c_int;
    pub fn H5Iget_file_id(id: hid_t) -> hid_t;
    pub fn H5Iget_name(id: hid_t, name: *mut c_char, size: size_t) -> ssize_t;
    pub fn H5free_memory(mem: *mut c_void) -> herr_t;

    // Files
    pub fn H5Fopen(name: *const c_char, flags: c_uint, fapl: hid_t) -> hid_t;
    pub fn H5Fcreate(name: *const c_char, flags: c_uint, fcpl: hid_t, fapl: hid_t) -> hid_t;
    pub fn H5Fis_accessible(name: *const c_char, fapl: hid_t) -> htri_t;
    pub fn H5Fget_create_plist(file: hid_t) -> hid_t;
    pub fn H5Fget_access_plist(file: hid_t) -> hid_t;
    pub fn H5Fget_vfd_handle(file: hid_t, fapl: hid_t, handle: *mut *mut c_void) -> herr_t;

    // Property lists
    pub fn H5Pcreate(class: hid_t) -> hid_t;
    pub fn H5Pset(plist: hid_t, name: *const c_char, value: *const c_void) -> herr_t;
    pub fn H5Pset_fclose_degree(fapl: hid_t, degree: c_int) -> herr_t;
    pub fn H5Pset_file_locking(fapl: hid_t, use_locking: bool, ignore_disabled: bool) -> herr_t;
    pub fn H5Pget_libver_bounds(fapl: hid_t, low: *mut c_int, high: *mut c_int) -> herr_t;
    pub fn H5Pset_libver_bounds(fapl: hid_t, low: c_int, high: c_int) -> herr_t;
    pub fn H5Pset_cache(fapl: hid_t, n: c_int, slots: size_t, bytes: size_t, w0: f64) -> herr_t;
    pub fn H5Pget_driver(fapl: hid_t) -> hid_t;
    pub fn H5Pget_chunk_opts(dcpl: hid_t, options: *mut c_uint) -> herr_t;
    pub fn H5Pget_fill_time(dcpl: hid_t, time: *mut c_int) -> herr_t;
    pub fn H5Pset_vlen_mem_manager(
        dxpl: hid_t,
        allocate: H5MM_allocate_t,
        allocate_info: *mut c_void,
        free: H5MM_free_t,
        free_info: *mut c_void,
    ) -> herr_t;
    pub fn H5Pset_elink_acc_flags(lapl: hid_t, flags: c_uint) -> herr_t;
    pub fn H5Pset_elink_fapl(lapl: hid_t, fapl: hid_t) -> herr_t;
    pub fn H5Pset_efile_prefix(dapl: hid_t, prefix: *const c_char) -> herr_t;
    pub fn H5Pget_userblock(fcpl: hid_t, size: *mut hsize_t) -> herr_t;
    pub fn H5Pget_link_creation_order(gcpl: hid_t, flags: *mut c_uint) -> herr_t;
    pub fn H5Pget_layout(dcpl: hid_t) -> c_int;
    pub fn H5Pget_chunk(dcpl: hid_t, max: c_int, dims: *mut hsize_t) -> c_int;
    pub fn H5Pget_nfilters(dcpl: hid_t) -> c_int;
    pub fn H5Pget_filter2(
        dcpl: hid_t,
        index: c_uint,
        flags: *mut c_uint,
        n: *mut size_t,
        values: *mut c_uint,
        name_len: size_t,
        name: *mut c_char,
        config: *mut c_uint,
    ) -> c_int;
    pub fn H5Pget_external_count(dcpl: hid_t) -> c_int;
    pub fn H5Pget_external(
        dcpl: hid_t,
        index: c_uint,
        name_size: size_t,
        name: *mut c_char,
        offset: *mut off_t,
        size: *mut hsize_t,
    ) -> herr_t;
    pub fn H5Pget_virtual_count(dcpl: hid_t, count: *mut size_t) -> herr_t;
    pub fn H5Pget_virtual_filename(d: hid_t, i: size_t, name: *mut c_char, n: size_t) -> ssize_t;
    pub fn H5Pget_virtual_dsetname(d: hid_t, i: size_t, name: *mut c_char, n: size_t) -> ssize_t;
    pub fn H5Pfill_value_defined(dcpl: hid_t, status: *mut c_int) -> herr_t;
    pub fn H5Pget_fill_value(dcpl: hid_t, kind: hid_t, value: *mut c_void) -> herr_t;

    // Links
    pub fn H5Literate2(
        group: hid_t,
        index: c_int,
        order: c_int,
        next: *mut hsize_t,
        op: H5L_iterate2_t,
        data: *mut c_void,
    ) -> herr_t;
    pub fn H5Lget_info2(l: hid_t, name: *const c_char, info: *mut H5L_info2_t, a: hid_t) -> herr_t;
    pub fn H5Lget_val(
        loc: hid_t,
        name: *const c_char,
        buf: *mut c_void,
        size: size_t,
        lapl: hid_t,
    ) -> herr_t;
    pub fn H5Lunpack_elink_val(
        value: *const c_void,
        size: size_t,
        flags: *mut c_uint,
        file: *mut *const c_char,
        path: *mut *const c_char,
    ) -> herr_t;

    // Objects
    pub fn H5Oopen(loc: hid_t, name: *const c_char, lapl: hid_t) -> hid_t;
    pub fn H5Oget_info3(id: hid_t, info: *mut H5O_info2_t, fields: c_uint) -> herr_t;
    pub fn H5Oget_native_info(id: hid_t, info: *mut H5O_native_info_t, fields: c_uint) -> herr_t;
    pub fn H5Oget_comment(id: hid_t, comment: *mut c_char, size: size_t) -> ssize_t;
    pub fn H5Gget_create_plist(group: hid_t) -> hid_t;
    pub fn H5Gget_info(group: hid_t, info: *mut H5G_info_t) -> herr_t;

    // Attributes
    pub fn H5Aiterate2(
        id: hid_t,
        index: c_int,
        order: c_int,
        next: *mut hsize_t,
        op: H5A_operator2_t,
        data: *mut c_void,
    ) -> herr_t;
    pub fn H5Aopen(id: hid_t, name: *const c_char, aapl: hid_t) -> hid_t;
    pub fn H5Aget_type(attr: hid_t) -> hid_t;
    pub fn H5Aget_space(attr: hid_t) -> hid_t;
    pub fn H5Aread(attr: hid_t, kind: hid_t, buf: *mut c_void) -> herr_t;

    // Datasets
    pub fn H5Pget_attr_creation_order(ocpl: hid_t, flags: *mut c_uint) -> herr_t;
    pub fn H5Dopen2(loc: hid_t, name: *const c_char, dapl: hid_t) -> hid_t;
    pub fn H5Dget_type(dset: hid_t) -> hid_t;
    pub fn H5Dget_space(dset: hid_t) -> hid_t;
    pub fn H5Dget_create_plist(dset: hid_t) -> hid_t;
    pub fn H5Dget_storage_size(dset: hid_t) -> hsize_t;
    pub fn H5Dget_offset(dset: hid_t) -> u64;
    pub fn H5Dget_num_chunks(dset: hid_t, space: hid_t, n: *mut hsize_t) -> herr_t;
    pub fn H5Dget_chunk_index_type(dset: hid_t, kind: *mut c_int) -> herr_t;
    pub fn H5Dchunk_iter(
        dset: hid_t,
        dxpl: hid_t,
        op: H5D_chunk_iter_op_t,
        data: *mut c_void,
    ) -> herr_t;
    pub fn H5Dread_chunk2(
        dset: hid_t,
        dxpl: hid_t,
        offset: *const hsize_t,
        filters: *mut u32,
        buf: *mut c_void,
        size: *mut size_t,
    ) -> herr_t;
    pub fn H5Dread(
        dset: hid_t,
        mem_type: hid_t,
        mem_space: hid_t,
        file_space: hid_t,
        dxpl: hid_t,
        buf: *mut c_void,
    ) -> herr_t;

    // Dataspaces
    pub fn H5Screate_simple(rank: c_int, dims: *const hsize_t, max: *const hsize_t) -> hid_t;
    pub fn H5Sget_simple_extent_type(space: hid_t) -> c_int;
    pub fn H5Sget_simple_extent_ndims(space: hid_t) -> c_int;
    pub fn H5Sget_simple_extent_dims(s: hid_t, dims: *mut hsize_t, max: *mut hsize_t) -> c_int;
    pub fn H5Sselect_hyperslab(
        space: hid_t,
        op: c_int,
        start: *const hsize_t,
        stride: *const hsize_t,
        count: *const hsize_t,
        block: *const hsize_t,
    ) -> herr_t;
    pub fn H5Sget_select_type(space: hid_t) -> c_int;
    pub fn H5Sget_select_npoints(space: hid_t) -> hssize_t;
    pub fn H5Sget_select_bounds(space: hid_t, start: *mut hsize_t, end: *mut hsize_t) -> herr_t;
    pub fn H5Sget_select_hyper_nblocks(space: hid_t) -> hssize_t;
    pub fn H5Sis_regular_hyperslab(space: hid_t) -> htri_t;
    pub fn H5Sget_regular_hyperslab(
        space: hid_t,
        start: *mut hsize_t,
        stride: *mut hsize_t,
        count: *mut hsize_t,
        block: *mut hsize_t,
    ) -> htri_t;
    pub fn H5Sget_select_elem_pointlist(
        space: hid_t,
        start: hsize_t,
        n: hsize_t,
        buf: *mut hsize_t,
    ) -> herr_t;

    // Datatypes
    pub fn H5Tget_class(t: hid_t) -> c_int;
    pub fn H5Tget_size(t: hid_t) -> size_t;
    pub fn H5Tget_order(t: hid_t) -> c_int;
    pub fn H5Tget_sign(t: hid_t) -> c_int;
    pub fn H5Tget_precision(t: hid_t) -> size_t;
    pub fn H5Tget_offset(t: hid_t) -> c_int;
    pub fn H5Tget_fields(
        t: hid_t,
        sign: *mut size_t,
        exp: *mut size_t,
        exp_size: *mut size_t,
        mant: *mut size_t,
        mant_size: *mut size_t,
    ) -> herr_t;
    pub fn H5Tget_ebias(t: hid_t) -> size_t;
    pub fn H5Tget_norm(t: hid_t) -> c_int;
    pub fn H5Tget_strpad(t: hid_t) -> c_int;
    pub fn H5Tget_cset(t: hid_t) -> c_int;
    pub fn H5Tis_variable_str(t: hid_t) -> htri_t;
    pub fn H5Tget_tag(t: hid_t) -> *mut c_char;
    pub fn H5Tget_super(t: hid_t) -> hid_t;
    pub fn H5Tget_nmembers(t: hid_t) -> c_int;
    pub fn H5Tget_member_index(t: hid_t, name: *const c_char) -> c_int;
    pub fn H5Tget_member_name(t: hid_t, i: c_uint) -> *mut c_char;
    pub fn H5Tget_member_offset(t: hid_t, i: c_uint) -> size_t;
    pub fn H5Tget_member_type(t: hid_t, i: c_uint) -> hid_t;
    pub fn H5Tget_member_value(t: hid_t, i: c_uint, value: *mut c_void) -> herr_t;
    pub fn H5Tget_array_ndims(t: hid_t) -> c_int;
    pub fn H5Tget_array_dims2(t: hid_t, dims: *mut hsize_t) -> c_int;
    pub fn H5Tcommitted(t: hid_t) -> htri_t;
    pub fn H5Tequal(a: hid_t, b: hid_t) -> htri_t;
    pub fn H5Treclaim(t: hid_t, space: hid_t, plist: hid_t, buf: *mut c_void) -> herr_t;

    // New objects
    pub fn H5Fflush(id: hid_t, scope: c_int) -> herr_t;
    pub fn H5Screate(class: c_int) -> hid_t;
    pub fn H5Pset_create_intermediate_group(lcpl: hid_t, create: c_uint) -> herr_t;
    pub fn H5Pset_char_encoding(lcpl: hid_t, encoding: c_int) -> herr_t;
    pub fn H5Pset_layout(dcpl: hid_t, layout: c_int) -> herr_t;
    pub fn H5Pset_alloc_time(dcpl: hid_t, time: c_int) -> herr_t;
    pub fn H5Pset_fill_time(dcpl: hid_t, time: c_int) -> herr_t;
    pub fn H5Pset_obj_track_times(ocpl: hid_t, track: bool) -> herr_t;
    pub fn H5Dcreate2(
        loc: hid_t,
        name: *const c_char,
        kind: hid_t,
        space: hid_t,
        lcpl: hid_t,
        dcpl: hid_t,
        dapl: hid_t,
    ) -> hid_t;
    pub fn H5Dwrite(
        dset: hid_t,
        mem_type: hid_t,
        mem_space: hid_t,
        file_space: hid_t,
        dxpl: hid_t,
        buf: *const c_void,
    ) -> herr_t;
    pub fn H5Tcreate(class: c_int, size: size_t) -> hid_t;
    pub fn H5Tcopy(t: hid_t) -> hid_t;
    pub fn H5Tconvert(
        from: hid_t,
        to: hid_t,
        n: usize,
        buf: *mut c_void,
        background: *mut c_void,
        plist: hid_t,
    ) -> herr_t;
    pub fn H5Tinsert(t: hid_t, name: *const c_char, offset: size_t, member: hid_t) -> herr_t;
    pub fn H5Tset_size(t: hid_t, size: size_t) -> herr_t;
    pub fn H5Tset_strpad(t: hid_t, padding: c_int) -> herr_t;
    pub fn H5Tset_cset(t: hid_t, characters: c_int) -> herr_t;
    pub fn H5Tset_tag(t: hid_t, tag: *const c_char) -> herr_t;
    pub fn H5Tenum_create(base: hid_t) -> hid_t;
    pub fn H5Tenum_insert(t: hid_t, name: *const c_char, value: *const c_void) -> herr_t;
    pub fn H5Tarray_create2(base: hid_t, rank: c_uint, dims: *const hsize_t) -> hid_t;

    // Changes
    pub fn H5Iinc_ref(id: hid_t) -> c_int;
    pub fn H5Lexists(loc: hid_t, name: *const c_char, lapl: hid_t) -> htri_t;
    pub fn H5Ldelete(loc: hid_t, name: *const c_char, lapl: hid_t) -> herr_t;
    pub fn H5Lmove(
        from: hid_t,
        old: *const c_char,
        to: hid_t,
        new: *const c_char,
        lcpl: hid_t,
        lapl: hid_t,
    ) -> herr_t;
    pub fn H5Lcreate_soft(
        target: *const c_char,
        loc: hid_t,
        name: *const c_char,
        lcpl: hid_t,
        lapl: hid_t,
    ) -> herr_t;
    pub fn H5Lcreate_hard(
        from: hid_t,
        old: *const c_char,
        to: hid_t,
        new: *const c_char,
        lcpl: hid_t,
        lapl: hid_t,
    ) -> herr_t;
    pub fn H5Lcreate_external(
        file: *const c_char,
        object: *const c_char,
        loc: hid_t,
        name: *const c_char,
        lcpl: hid_t,
        lapl: hid_t,
    ) -> herr_t;
    pub fn H5Ocopy(
        from: hid_t,
        old: *const c_char,
        to: hid_t,
        new: *const c_char,
        ocpypl: hid_t,
        lcpl: hid_t,
    ) -> herr_t;
    pub fn H5Pset_copy_object(ocpypl: hid_t, flags: c_uint) -> herr_t;
    pub fn H5Gcreate2(
        loc: hid_t,
        name: *const c_char,
        lcpl: hid_t,
        gcpl: hid_t,
        gapl: hid_t,
    ) -> hid_t;
    pub fn H5Pset_link_creation_order(gcpl: hid_t, flags: c_uint) -> herr_t;
    pub fn H5Pset_attr_creation_order(ocpl: hid_t, flags: c_uint) -> herr_t;
    pub fn H5Acreate2(
        loc: hid_t,
        name: *const c_char,
        kind: hid_t,
        space: hid_t,
        acpl: hid_t,
        aapl: hid_t,
    ) -> hid_t;
    pub fn H5Awrite(attr: hid_t, kind: hid_t, buf: *const c_void) -> herr_t;
    pub fn H5Aexists(id: hid_t, name: *const c_char) -> htri_t;
    pub fn H5Adelete(id: hid_t, name: *const c_char) -> herr_t;
    pub fn H5Arename(id: hid_t, old: *const c_char, new: *const c_char) -> herr_t;
    pub fn H5Dset_extent(dset: hid_t, dims: *const hsize_t) -> herr_t;
    pub fn H5Dflush(dset: hid_t) -> herr_t;
    pub fn H5Sselect_elements(
        space: hid_t,
        op: c_int,
        n: size_t,
        coordinates: *const hsize_t,
    ) -> herr_t;
    pub fn H5Tset_order(t: hid_t, order: c_int) -> herr_t;
    pub fn H5Pset_chunk(dcpl: hid_t, rank: c_int, dims: *const hsize_t) -> herr_t;
    pub fn H5Pset_fill_value(dcpl: hid_t, kind: hid_t, value: *const c_void) -> herr_t;
    pub fn H5Pset_filter(
        dcpl: hid_t,
        filter: c_int,
        flags: c_uint,
        n: size_t,
        values: *const c_uint,
    ) -> herr_t;
    pub fn H5Pset_scaleoffset(dcpl: hid_t, kind: c_int, factor: c_int) -> herr_t;

    // References
    pub fn H5Rget_name(
        loc: hid_t,
        kind: c_int,
        r: *const c_void,
        name: *mut c_char,
        size: size_t,
    ) -> ssize_t;
    pub fn H5Rget_region(loc: hid_t, kind: c_int, r: *const c_void) -> hid_t;
    pub fn H5Rdereference2(loc: hid_t, oapl: hid_t, kind: c_int, r: *const c_void) -> hid_t;
    pub fn H5Rget_type(r: *const c_void) -> c_int;
    pub fn H5Rget_obj_name(r: *const c_void, rapl: hid_t, n: *mut c_char, size: size_t) -> ssize_t;
    pub fn H5Rget_attr_name(r: *const c_void, name: *mut c_char, size: size_t) -> ssize_t;
    pub fn H5Rget_file_name(r: *const c_void, name: *mut c_char, size: size_t) -> ssize_t;
    pub fn H5Ropen_region(r: *const c_void, rapl: hid_t, oapl: hid_t) -> hid_t;

    pub fn H5Ropen_object(r: *mut c_void, rapl: hid_t, oapl: hid_t) -> hid_t;
    pub fn H5Rcreate(
        r: *mut c_void,
        loc: hid_t,
        name: *const c_char,
        kind: c_int,
        space: hid_t,
    ) -> herr_t;
    pub fn H5Rcreate_object(loc: hid_t, name: *const c_char, oapl: hid_t, r: *mut c_void)
    -> herr_t;
    pub fn H5Rcreate_region(
        loc: hid_t,
        name: *const c_char,
        space: hid_t,
        oapl: hid_t,
        r: *mut c_void,
    ) -> herr_t;
    pub fn H5Rcreate_attr(
        loc: hid_t,
        name: *const c_char,
        attribute: *const c_char,
        oapl: hid_t,
        r: *mut c_void,
    ) -> herr_t;
    pub fn H5Rdestroy(r: *mut c_void) -> herr_t;

    // Comparing a file with its copy
    pub fn H5Fget_info2(file: hid_t, info: *mut H5F_info2_t) -> herr_t;
    pub fn H5Oopen_by_token(loc: hid_t, token: H5O_token_t) -> hid_t;
    pub fn H5Pequal(a: hid_t, b: hid_t) -> htri_t;
    pub fn H5Pget_link_phase_change(gcpl: hid_t, most: *mut c_uint, least: *mut c_uint) -> herr_t;
    pub fn H5Pget_est_link_info(gcpl: hid_t, links: *mut c_uint, length: *mut c_uint) -> herr_t;
    pub fn H5Pget_attr_phase_change(ocpl: hid_t, most: *mut c_uint, least: *mut c_uint) -> herr_t;
    pub fn H5Pget_obj_track_times(ocpl: hid_t, tracked: *mut bool) -> herr_t;
    pub fn H5Sextent_equal(a: hid_t, b: hid_t) -> htri_t;
    pub fn H5Sselect_shape_same(a: hid_t, b: hid_t) -> htri_t;
    pub fn H5Aget_info(attribute: hid_t, info: *mut H5A_info_t) -> herr_t;
    pub fn H5Pget_sizes(fcpl: hid_t, address: *mut size_t, length: *mut size_t) -> herr_t;
    pub fn H5Dcreate_anon(loc: hid_t, kind: hid_t, space: hid_t, dcpl: hid_t, dapl: hid_t)
    -> hid_t;
    pub fn H5Scopy(space: hid_t) -> hid_t;
    pub fn H5Aget_create_plist(attribute: hid_t) -> hid_t;
    /// The library's own checksum of metadata (lookup3), as in a superblock of version 2.
    pub fn H5_checksum_metadata(data: *const c_void, n: size_t, initial: u32) -> u32;

    // Filters
    pub fn H5Zfilter_avail(id: c_int) -> htri_t;
    /// The library's own registration, which, unlike `H5Zregister`, takes the predefined
    /// numbers below 256: szip's is 4, and this build of HDF5 comes without it.
    pub fn H5Z_register(class: *const H5Z_class2_t) -> herr_t;

    pub fn H5Fget_freespace(file: hid_t) -> hssize_t;
    pub fn H5Fget_eoa(file: hid_t, end: *mut u64) -> herr_t;
    // file drivers; the class is declared in `journal::driver`
    pub fn H5FDregister(class: *const c_void) -> hid_t;
    pub fn H5Pset_driver(plist: hid_t, driver: hid_t, info: *const c_void) -> herr_t;
    pub fn H5Epush2(
        stack: hid_t,
        file: *const c_char,
        function: *const c_char,
        line: c_uint,
        class: hid_t,
        major: hid_t,
        minor: hid_t,
        message: *const c_char,
        ...
    ) -> herr_t;

    // Ids of predefined property list classes and types, set by H5open
    pub static H5P_CLS_FILE_ACCESS_ID_g: hid_t;
    pub static H5P_CLS_LINK_ACCESS_ID_g: hid_t;
    pub static H5P_CLS_DATASET_ACCESS_ID_g: hid_t;
    pub static H5P_CLS_DATASET_XFER_ID_g: hid_t;
    pub static H5E_ERR_CLS_g: hid_t;
    pub static H5E_FILE_g: hid_t;
    pub static H5E_CANTOPENFILE_g: hid_t;
    pub static H5P_CLS_DATASET_CREATE_ID_g: hid_t;
    pub static H5P_CLS_LINK_CREATE_ID_g: hid_t;
    pub static H5P_CLS_GROUP_CREATE_ID_g: hid_t;
    pub static H5P_CLS_OBJECT_COPY_ID_g: hid_t;
    pub static H5T_NATIVE_INT8_g: hid_t;
    pub static H5T_NATIVE_INT16_g: hid_t;
    pub static H5T_NATIVE_INT32_g: hid_t;
    pub static H5T_NATIVE_INT64_g: hid_t;
    pub static H5T_NATIVE_UINT8_g: hid_t;
    pub static H5T_NATIVE_UINT16_g: hid_t;
    pub static H5T_NATIVE_UINT32_g: hid_t;
    pub static H5T_NATIVE_UINT64_g: hid_t;
    pub static H5T_IEEE_F16LE_g: hid_t;
    pub static H5T_IEEE_F16BE_g: hid_t;
    pub static H5T_NATIVE_FLOAT_g: hid_t;
    pub static H5T_NATIVE_DOUBLE_g: hid_t;
    pub static H5T_C_S1_g: hid_t;
    pub static H5T_STD_REF_OBJ_g: hid_t;
    pub static H5T_STD_REF_DSETREG_g: hid_t;
}
