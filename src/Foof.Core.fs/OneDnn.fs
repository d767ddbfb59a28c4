namespace Foof

open System
open System.Runtime.InteropServices
open System.Threading

/// One tensor of an operation, and what it is to it.
[<Struct; StructLayout(LayoutKind.Sequential)>]
type internal OneDnnArgument = { Role: int; Memory: nativeint }

/// A product of rows with a matrix, ready to be run by as many threads as there were when it was made. It is never freed.
[<ReferenceEquality>]
type internal OneDnnProduct = {
    Primitive: nativeint
    /// The layout of the rows and of the result.
    Rows: byte array
    /// That of the matrix.
    Matrix: byte array
    /// That of the memory that a run needs for itself.
    Scratch: byte array
}

/// What is used of oneDNN's C interface, version 2, for products with a matrix that was laid out for them beforehand.
/// libtorch computes convolutions by it, and brings it along as a library of its own on Debian.
[<RequireQualifiedAccess>]
module internal OneDnn =

    [<Literal>]
    let private Library = "libdnnl.so.2"

    [<DllImport(Library)>]
    extern int private dnnl_engine_create(nativeint& engine, int kind, unativeint index)

    [<DllImport(Library)>]
    extern int private dnnl_stream_create(nativeint& stream, nativeint engine, uint flags)

    [<DllImport(Library)>]
    extern int private dnnl_stream_wait(nativeint stream)

    [<DllImport(Library)>]
    extern int private dnnl_memory_desc_init_by_tag(byte[] layout, int rank, int64[] shape, int kind, int tag)

    [<DllImport(Library)>]
    extern int private dnnl_memory_desc_equal(byte[] x, byte[] y)

    [<DllImport(Library)>]
    extern unativeint private dnnl_memory_desc_get_size(byte[] layout)

    [<DllImport(Library)>]
    extern int private dnnl_memory_create(nativeint& memory, byte[] layout, nativeint engine, byte& bytes)

    [<DllImport(Library)>]
    extern int private dnnl_memory_destroy(nativeint memory)

    [<DllImport(Library)>]
    extern int private dnnl_matmul_desc_init(
        byte[] product,
        byte[] rows,
        byte[] matrix,
        nativeint bias,
        byte[] result
    )

    [<DllImport(Library)>]
    extern int private dnnl_primitive_attr_create(nativeint& attributes)

    [<DllImport(Library)>]
    extern int private dnnl_primitive_attr_set_scratchpad_mode(nativeint attributes, int mode)

    [<DllImport(Library)>]
    extern int private dnnl_primitive_desc_create(
        nativeint& description,
        byte[] operation,
        nativeint attributes,
        nativeint engine,
        nativeint hint
    )

    [<DllImport(Library)>]
    extern int private dnnl_reorder_primitive_desc_create(
        nativeint& description,
        byte[] from,
        nativeint fromEngine,
        byte[] into,
        nativeint intoEngine,
        nativeint attributes
    )

    [<DllImport(Library)>]
    extern int private dnnl_primitive_desc_query(nativeint description, int what, int index, nativeint& text)

    [<DllImport(Library)>]
    extern nativeint private dnnl_primitive_desc_query_md(nativeint description, int what, int index)

    [<DllImport(Library)>]
    extern int private dnnl_primitive_desc_destroy(nativeint description)

    [<DllImport(Library)>]
    extern int private dnnl_primitive_create(nativeint& primitive, nativeint description)

    [<DllImport(Library)>]
    extern int private dnnl_primitive_destroy(nativeint primitive)

    [<DllImport(Library)>]
    extern int private dnnl_primitive_execute(
        nativeint primitive,
        nativeint stream,
        int count,
        OneDnnArgument[] arguments
    )

    // Sizes and values of version 2's header, which its later releases keep.
    let private LayoutBytes, ProductBytes = 696, 2800
    let private Cpu, Float32, ByRows, AnyLayout, InOrder = 1, 3, 3, 1, 1u
    let private QueryName, QueryMatrix, QueryScratch = 8, 131, 136
    let private Source, Matrix, Result, Scratch = 1, 33, 17, 80
    let private ScratchIsGiven = 1

    /// Whether libtorch has loaded it.
    let isLoaded =
        lazy
            (Library
             |> LoadedLibrary.has [ nameof dnnl_matmul_desc_init; nameof dnnl_primitive_execute ])

    let private check (what: string) status =
        if status <> 0 then
            invalidOp $"oneDNN's {what} must succeed; got its status {status}."

    let private engine =
        lazy
            (let mutable engine = 0n
             check "engine" (dnnl_engine_create (&engine, Cpu, 0un))
             engine)

    // Else operations write into memory of the thread that made them, whichever thread runs them.
    let private withGivenScratch =
        lazy
            (let mutable attributes = 0n
             check "attributes" (dnnl_primitive_attr_create &attributes)
             check "attributes" (dnnl_primitive_attr_set_scratchpad_mode (attributes, ScratchIsGiven))
             attributes)

    // A stream serves one thread.
    let private stream =
        new ThreadLocal<nativeint>(fun () ->
            let mutable stream = 0n
            check "stream" (dnnl_stream_create (&stream, engine.Value, InOrder))
            stream)

    let private layout tag (shape: int64 array) =
        let layout = Array.zeroCreate LayoutBytes

        check "layout"
        <| dnnl_memory_desc_init_by_tag (layout, shape.Length, shape, Float32, tag)

        layout

    /// Rows one after another.
    let byRows rows columns = layout ByRows [| rows; columns |]

    /// How many bytes a tensor takes.
    let bytes (layout: byte array) =
        int64 (dnnl_memory_desc_get_size layout)

    /// Whether two layouts are the same.
    let areEqual x y = dnnl_memory_desc_equal (x, y) <> 0

    let private layoutIn description query =
        let layout: byte array = Array.zeroCreate LayoutBytes
        Marshal.Copy(dnnl_primitive_desc_query_md (description, query, 0), layout, 0, LayoutBytes)
        layout

    /// What is asked of the product of `rows` rows with a matrix [d; d] in a layout, if the library computes it by code
    /// made for this processor; its other code is slower than the BLAS.
    let private ofDescription (rows: int64) (d: int64) matrix (ask: nativeint -> 'R) =
        let operation = Array.zeroCreate ProductBytes
        let own = byRows rows d
        check "product" (dnnl_matmul_desc_init (operation, own, matrix, 0n, own))
        let mutable description = 0n

        match
            dnnl_primitive_desc_create (&description, operation, withGivenScratch.Value, engine.Value, 0n)
        with
        | 0 ->
            try
                let mutable name = 0n
                check "name" (dnnl_primitive_desc_query (description, QueryName, 0, &name))

                if (Marshal.PtrToStringUTF8 name).StartsWith("brg", StringComparison.Ordinal) then
                    ValueSome(ask description)
                else
                    ValueNone
            finally
                dnnl_primitive_desc_destroy description |> ignore
        | _ -> ValueNone

    /// The layout of a matrix [d; d] in which products of `rows` rows are fastest; none where it is the plain one.
    let bestLayout (rows: int64) (d: int64) =
        let ofMatrix description = layoutIn description QueryMatrix

        match ofDescription rows d (layout AnyLayout [| d; d |]) ofMatrix with
        | ValueSome best when not (areEqual best (byRows d d)) -> ValueSome best
        | _ -> ValueNone

    let private primitive description =
        let mutable primitive = 0n
        check "operation" (dnnl_primitive_create (&primitive, description))
        primitive

    /// The product of `rows` rows with a matrix [d; d] in a layout; none where the BLAS is as fast.
    let product rows d matrix =
        ofDescription rows d matrix (fun description -> {
            Primitive = primitive description
            Rows = byRows rows d
            Matrix = matrix
            Scratch = layoutIn description QueryScratch
        })

    let private memory layout (bytes: Span<byte>) =
        let mutable memory = 0n
        check "memory" (dnnl_memory_create (&memory, layout, engine.Value, &MemoryMarshal.GetReference bytes))
        memory

    let private run primitive (arguments: OneDnnArgument array) =
        try
            check "computation"
            <| dnnl_primitive_execute (primitive, stream.Value, arguments.Length, arguments)

            check "computation" (dnnl_stream_wait stream.Value)
        finally
            for argument in arguments do
                dnnl_memory_destroy argument.Memory |> ignore

    /// Copies a matrix from one layout into another.
    let reorder (from: byte array) (source: Span<byte>) (into: byte array) (target: Span<byte>) =
        let mutable description = 0n

        check "reordering"
        <| dnnl_reorder_primitive_desc_create (&description, from, engine.Value, into, engine.Value, 0n)

        let primitive =
            try
                primitive description
            finally
                dnnl_primitive_desc_destroy description |> ignore

        try
            run primitive [|
                {
                    Role = Source
                    Memory = memory from source
                }
                {
                    Role = Result
                    Memory = memory into target
                }
            |]
        finally
            dnnl_primitive_destroy primitive |> ignore

    /// result <- rows matrix, with memory for itself.
    let multiply
        (product: OneDnnProduct)
        (rows: Span<byte>)
        (matrix: Span<byte>)
        (scratch: Span<byte>)
        (result: Span<byte>)
        =
        run product.Primitive [|
            {
                Role = Source
                Memory = memory product.Rows rows
            }
            {
                Role = Matrix
                Memory = memory product.Matrix matrix
            }
            {
                Role = Scratch
                Memory = memory product.Scratch scratch
            }
            {
                Role = Result
                Memory = memory product.Rows result
            }
        |]
