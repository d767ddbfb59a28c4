namespace Foof

open System
open System.Runtime.InteropServices
open System.Threading
open TorchSharp
open OneDnnFunctions

/// A product of two matrices, ready to be run by as many threads as there were when it was made. It is never freed.
[<ReferenceEquality>]
type internal OneDnnProduct = {
    Primitive: nativeint
    /// How its matrices lie in memory, and what a run needs for itself.
    Left: byte array
    Right: byte array
    Result: byte array
    Scratch: byte array
}

/// Products by oneDNN that the BLAS does not have.
[<RequireQualifiedAccess>]
module internal OneDnn =

    // Sizes and values of version 2's header, which its later releases keep.
    let private LayoutBytes, ProductBytes = 696, 2800
    let private Cpu, InOrder = 1, 1u
    let private BFloat16, Float32 = 2, 3
    let private AnyLayout, ByRows = 1, 3
    let private QueryName, QueryRight, QueryScratch = 8, 131, 136
    let private Left, Right, Result, Scratch = 1, 33, 17, 80
    let private ScratchIsGiven = 1

    let private check (what: string) status =
        if status <> 0 then
            invalidOp $"oneDNN's {what} must succeed; got its status {status}."

    let private engine =
        lazy
            (let mutable engine = 0n
             check "engine" (dnnl_engine_create (&engine, Cpu, 0un))
             engine)

    // A stream serves one thread.
    let private stream =
        new ThreadLocal<nativeint>(fun () ->
            let mutable stream = 0n
            check "stream" (dnnl_stream_create (&stream, engine.Value, InOrder))
            stream)

    // Operations whose memory is not given write into that of the thread that made them, whichever thread runs them.
    let private attributes () =
        let mutable attributes = 0n
        check "attributes" (dnnl_primitive_attr_create &attributes)
        check "attributes" (dnnl_primitive_attr_set_scratchpad_mode (attributes, ScratchIsGiven))
        attributes

    let private replacing = lazy (attributes ())

    let private adding =
        lazy
            (let attributes = attributes ()
             let mutable operations = 0n
             check "attributes" (dnnl_post_ops_create &operations)
             check "attributes" (dnnl_post_ops_append_sum (operations, 1.0f))
             check "attributes" (dnnl_primitive_attr_set_post_ops (attributes, operations))
             attributes)

    let private ofType (kind: torch.ScalarType) =
        match kind with
        | torch.ScalarType.Float32 -> Float32
        | torch.ScalarType.BFloat16 -> BFloat16
        | _ -> invalidOp $"oneDNN's matrices are in Float32 or BFloat16; got {kind}."

    let private layout tag kind (rows: int64) (columns: int64) =
        let layout = Array.zeroCreate LayoutBytes

        check "layout"
        <| dnnl_memory_desc_init_by_tag (layout, 2, [| rows; columns |], ofType kind, tag)

        layout

    /// A matrix [rows; columns] row by row.
    let byRows kind rows columns = layout ByRows kind rows columns

    /// A matrix [rows; columns] column by column.
    let byColumns kind (rows: int64) (columns: int64) =
        let layout = Array.zeroCreate LayoutBytes

        check "layout"
        <| dnnl_memory_desc_init_by_strides (layout, 2, [| rows; columns |], ofType kind, [| 1L; rows |])

        layout

    /// How many bytes a matrix takes.
    let bytes (layout: byte array) =
        int64 (dnnl_memory_desc_get_size layout)

    let private layoutIn description query =
        let layout: byte array = Array.zeroCreate LayoutBytes
        Marshal.Copy(dnnl_primitive_desc_query_md (description, query, 0), layout, 0, LayoutBytes)
        layout

    /// What is asked of a product's code and its name, if the library has code for it.
    let private ofProduct
        (attributes: Lazy<nativeint>)
        left
        right
        result
        (ask: nativeint -> string -> 'R voption)
        =
        let operation = Array.zeroCreate ProductBytes
        check "product" (dnnl_matmul_desc_init (operation, left, right, 0n, result))
        let mutable description = 0n

        match dnnl_primitive_desc_create (&description, operation, attributes.Value, engine.Value, 0n) with
        | 0 ->
            try
                let mutable name = 0n
                check "name" (dnnl_primitive_desc_query (description, QueryName, 0, &name))
                ask description (Marshal.PtrToStringUTF8 name)
            finally
                dnnl_primitive_desc_destroy description |> ignore
        | _ -> ValueNone

    /// The same where that code was made for this processor; the library's other code is slower than the BLAS.
    let private ofFastProduct attributes left right result (ask: nativeint -> 'R) =
        ofProduct attributes left right result (fun description name ->
            if name.StartsWith("brg", StringComparison.Ordinal) then
                ValueSome(ask description)
            else
                ValueNone)

    /// Whether products in bfloat16 run on units of the processor for matrices (AMX), twice as fast as anything else it has.
    let hasMatrixUnits =
        lazy
            (let typical = layout AnyLayout torch.ScalarType.BFloat16 128L 128L
             let result = byRows torch.ScalarType.Float32 128L 128L

             let ask _ (name: string) =
                 ValueSome(name.Contains("amx", StringComparison.Ordinal))

             OneDnnFunctions.isLoaded.Value
             && ofProduct replacing typical typical result ask = ValueSome true)

    /// How a matrix [d; d] lies best for products of `rows` rows with it; none where that is row by row.
    let bestLayout kind (rows: int64) (d: int64) =
        let ofRight description = layoutIn description QueryRight

        match
            ofFastProduct
                replacing
                (byRows kind rows d)
                (layout AnyLayout kind d d)
                (byRows torch.ScalarType.Float32 rows d)
                ofRight
        with
        | ValueSome best when dnnl_memory_desc_equal (best, byRows kind d d) = 0 -> ValueSome best
        | _ -> ValueNone

    let private primitive description =
        let mutable primitive = 0n
        check "operation" (dnnl_primitive_create (&primitive, description))
        primitive

    let private made attributes left right result =
        ofFastProduct attributes left right result (fun description -> {
            Primitive = primitive description
            Left = left
            Right = right
            Result = result
            Scratch = layoutIn description QueryScratch
        })

    /// result <- left right, of matrices that lie so; none where the BLAS is as fast.
    let product left right result = made replacing left right result

    /// result <- result + left right; none where the BLAS is as fast.
    let addition left right result = made adding left right result

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

    let private argument role layout bytes = {
        Role = role
        Memory = memory layout bytes
    }

    /// Copies a matrix, row by row, into another layout.
    let reorder (matrix: torch.Tensor) (into: byte array) (target: torch.Tensor) =
        let from = byRows matrix.dtype (matrix.size 0) (matrix.size 1)
        let mutable description = 0n

        check "reordering"
        <| dnnl_reorder_primitive_desc_create (&description, from, engine.Value, into, engine.Value, 0n)

        let primitive =
            try
                primitive description
            finally
                dnnl_primitive_desc_destroy description |> ignore

        try
            run primitive [| argument Left from matrix.bytes; argument Result into target.bytes |]
        finally
            dnnl_primitive_destroy primitive |> ignore

    /// Runs a product of matrices that lie as it says.
    let multiply product (left: torch.Tensor) (right: torch.Tensor) (result: torch.Tensor) =
        use scratch =
            torch.empty (bytes product.Scratch, dtype = torch.ScalarType.Byte, device = torch.CPU)

        run product.Primitive [|
            argument Left product.Left left.bytes
            argument Right product.Right right.bytes
            argument Scratch product.Scratch scratch.bytes
            argument Result product.Result result.bytes
        |]
