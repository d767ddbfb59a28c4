namespace Foof

open System.Runtime.InteropServices

/// One matrix of an operation, and what it is to it.
[<Struct; StructLayout(LayoutKind.Sequential)>]
type internal OneDnnArgument = { Role: int; Memory: nativeint }

/// The functions of oneDNN's C interface, version 2, that are used. libtorch computes convolutions by it, and brings it along
/// as a library of its own on Debian.
module internal OneDnnFunctions =

    [<Literal>]
    let private Library = "libdnnl.so.2"

    [<DllImport(Library)>]
    extern int dnnl_engine_create(nativeint& engine, int kind, unativeint index)

    [<DllImport(Library)>]
    extern int dnnl_stream_create(nativeint& stream, nativeint engine, uint flags)

    [<DllImport(Library)>]
    extern int dnnl_stream_wait(nativeint stream)

    [<DllImport(Library)>]
    extern int dnnl_memory_desc_init_by_tag(byte[] layout, int rank, int64[] shape, int kind, int tag)

    [<DllImport(Library)>]
    extern int dnnl_memory_desc_init_by_strides(
        byte[] layout,
        int rank,
        int64[] shape,
        int kind,
        int64[] strides
    )

    [<DllImport(Library)>]
    extern int dnnl_memory_desc_equal(byte[] x, byte[] y)

    [<DllImport(Library)>]
    extern unativeint dnnl_memory_desc_get_size(byte[] layout)

    [<DllImport(Library)>]
    extern int dnnl_memory_create(nativeint& memory, byte[] layout, nativeint engine, byte& bytes)

    [<DllImport(Library)>]
    extern int dnnl_memory_destroy(nativeint memory)

    [<DllImport(Library)>]
    extern int dnnl_post_ops_create(nativeint& operations)

    [<DllImport(Library)>]
    extern int dnnl_post_ops_append_sum(nativeint operations, float32 scale)

    [<DllImport(Library)>]
    extern int dnnl_primitive_attr_create(nativeint& attributes)

    [<DllImport(Library)>]
    extern int dnnl_primitive_attr_set_post_ops(nativeint attributes, nativeint operations)

    [<DllImport(Library)>]
    extern int dnnl_primitive_attr_set_scratchpad_mode(nativeint attributes, int mode)

    [<DllImport(Library)>]
    extern int dnnl_matmul_desc_init(byte[] product, byte[] left, byte[] right, nativeint bias, byte[] result)

    [<DllImport(Library)>]
    extern int dnnl_primitive_desc_create(
        nativeint& description,
        byte[] operation,
        nativeint attributes,
        nativeint engine,
        nativeint hint
    )

    [<DllImport(Library)>]
    extern int dnnl_reorder_primitive_desc_create(
        nativeint& description,
        byte[] from,
        nativeint fromEngine,
        byte[] into,
        nativeint intoEngine,
        nativeint attributes
    )

    [<DllImport(Library)>]
    extern int dnnl_primitive_desc_query(nativeint description, int what, int index, nativeint& text)

    [<DllImport(Library)>]
    extern nativeint dnnl_primitive_desc_query_md(nativeint description, int what, int index)

    [<DllImport(Library)>]
    extern int dnnl_primitive_desc_destroy(nativeint description)

    [<DllImport(Library)>]
    extern int dnnl_primitive_create(nativeint& primitive, nativeint description)

    [<DllImport(Library)>]
    extern int dnnl_primitive_destroy(nativeint primitive)

    [<DllImport(Library)>]
    extern int dnnl_primitive_execute(
        nativeint primitive,
        nativeint stream,
        int count,
        OneDnnArgument[] arguments
    )

    /// Whether libtorch has loaded it.
    let isLoaded =
        lazy
            (Library
             |> LoadedLibrary.has [ nameof dnnl_matmul_desc_init; nameof dnnl_primitive_execute ])
