namespace Foof

open TorchSharp
open TorchSharp.Modules

/// How a layer's input becomes the rows that its weight multiplies.
[<RequireQualifiedAccess>]
type Geometry =
    /// z = W a for the last dimension of the input; all dimensions but the first and the last are positions.
    | Dense
    /// z = W a for every patch a of the image; the patches are the positions.
    | Convolution of
        kernel: struct (int64 * int64) *
        stride: struct (int64 * int64) *
        padding: struct (int64 * int64) *
        dilation: struct (int64 * int64)

/// A layer whose curvature is tracked: one weight, as the matrix W [d_out; d_in], with the bias as a last
/// column whose input is the constant 1. Modules that share the weight are one layer.
[<ReferenceEquality>]
type Layer = {
    /// The path of the (first) module in the model, for messages.
    Name: string
    /// The modules that apply this weight.
    Modules: torch.nn.Module<torch.Tensor, torch.Tensor> array
    /// The weight, [d_out; ...].
    Weight: Parameter
    /// The bias [d_out], if there is one that is trained.
    Bias: Parameter voption
    /// How inputs become rows.
    Geometry: Geometry
}

/// A layer's inputs, errors and gradients as matrices.
[<RequireQualifiedAccess>]
module Layer =

    /// The number of rows of W.
    let outputs (layer: Layer) = layer.Weight.size 0

    /// The number of columns of W, the bias column among them.
    let inputs (layer: Layer) =
        layer.Weight.numel () / outputs layer + (if layer.Bias.IsSome then 1L else 0L)

    /// The trained parameters: the weight, then the bias.
    let parameters (layer: Layer) = [|
        layer.Weight
        match layer.Bias with
        | ValueSome bias -> bias
        | ValueNone -> ()
    |]

    /// For messages: 'fc2' (1000 -> 1000).
    let describe (layer: Layer) =
        $"layer '{layer.Name}' ({inputs layer} -> {outputs layer})"

    /// A convolution's input without a batch dimension is a batch of one; a vector likewise.
    let private batched (layer: Layer) (input: torch.Tensor) =
        match layer.Geometry, input.dim () with
        | Geometry.Dense, 1L
        | Geometry.Convolution _, 3L -> input.unsqueeze 0
        | _ -> input

    /// The number of data points n in an input: its first dimension.
    let dataPoints (layer: Layer) (input: torch.Tensor) =
        match layer.Geometry, input.dim () with
        | Geometry.Dense, 1L
        | Geometry.Convolution _, 3L -> 1L
        | _ -> input.size 0

    let private withOnes (layer: Layer) (rows: torch.Tensor) =
        if layer.Bias.IsNone then
            rows
        else
            torch.cat (
                [|
                    rows
                    torch.ones (rows.size 0, 1L, dtype = rows.dtype, device = rows.device)
                |],
                1L
            )

    /// The input as rows A: one row per data point and position, the data point first.
    ///
    /// Shapes: input [n; ...; d_in] or [n; channels; height; width] -> A [n R; d_in]. The result belongs to
    /// the caller; for a dense layer without bias it shares the input's memory.
    let rows (layer: Layer) (input: torch.Tensor) =
        Scope.tensor (fun () ->
            match layer.Geometry with
            | Geometry.Dense -> input.reshape (-1L, input.size -1)
            | Geometry.Convolution(kernel, stride, padding, dilation) ->
                let patches =
                    torch.nn.functional.unfold (batched layer input, kernel, dilation, padding, stride)

                patches.transpose(1L, 2L).reshape(-1L, patches.size 1)
            |> withOnes layer)

    /// A derivative with respect to the layer's output as rows E, in the order of `rows`.
    ///
    /// Shapes: gradient [n; ...; d_out] or [n; d_out; height; width] -> E [n R; d_out].
    let errorRows (layer: Layer) (gradient: torch.Tensor) =
        Scope.tensor (fun () ->
            match layer.Geometry with
            | Geometry.Dense -> gradient.reshape (-1L, gradient.size -1)
            | Geometry.Convolution _ ->
                let maps = (batched layer gradient).flatten 2L
                maps.transpose(1L, 2L).reshape(-1L, maps.size 1))

    /// Weight and bias gradients side by side; a bias without a gradient (null) counts as zeros.
    ///
    /// Shapes: [d_out; ...], [d_out] -> [d_out; d_in]. The result belongs to the caller.
    let joined (layer: Layer) (weight: torch.Tensor) (bias: torch.Tensor voption) =
        Scope.tensor (fun () ->
            let matrix = weight.reshape (outputs layer, -1L)

            match bias with
            | ValueSome null ->
                torch.cat (
                    [|
                        matrix
                        torch.zeros (matrix.size 0, 1L, dtype = matrix.dtype, device = matrix.device)
                    |],
                    1L
                )
            | ValueSome bias -> torch.cat ([| matrix; bias.unsqueeze 1 |], 1L)
            | ValueNone -> matrix.alias ())

    /// The weight's columns of a matrix over d_in, and the bias column: views into it.
    let split (layer: Layer) (matrix: torch.Tensor) =
        match layer.Bias with
        | ValueSome _ ->
            let columns = matrix.size -1 - 1L
            struct (matrix.narrow (-1L, 0L, columns), ValueSome(matrix.select (-1L, columns)))
        | ValueNone -> struct (matrix, ValueNone)
