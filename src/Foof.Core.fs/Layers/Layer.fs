namespace Foof

open TorchSharp
open TorchSharp.Modules

/// How a layer's input becomes the rows that its weight multiplies.
[<RequireQualifiedAccess; NoComparison>]
type Geometry =
    /// z = W a for the last dimension of the input; all dimensions but the first and the last are positions.
    | Dense
    /// z = W a for every patch a of the image, of one to three axes; the patches are the positions. Of a transposed
    /// convolution, of the image with zeros between its pixels.
    | Convolution of Window
    /// z = W a for the one-hot a of a number: an embedding, W its table's transpose. All dimensions but the first are
    /// positions. The number `padding` has a row of zeros.
    | Lookup of padding: int64 voption
    /// z = W (x_hat, 1) for every unit of a normalisation: one group a unit, its row of W its scale and shift.
    | Scale of Normalisation

/// What fits a geometry, for a weight of a given shape.
[<RequireQualifiedAccess>]
module internal Geometry =

    let private units (weight: int64 array) = Array.fold (*) 1L weight

    /// What an input would have to be, where it does not fit the layer.
    let inputMisfit geometry (weight: int64 array) (input: torch.Tensor) =
        match geometry with
        | Geometry.Dense -> Fit.last weight[1..] input
        | Geometry.Convolution window -> Patches.misfit window (Patches.channels window weight) input
        | Geometry.Lookup _ when input.is_integral () -> ValueNone
        | Geometry.Lookup _ -> ValueSome "whole numbers"
        | Geometry.Scale normalisation -> Normalised.misfit normalisation (units weight) input

    /// What a derivative with respect to the output would have to be, where it does not fit the layer.
    let gradientMisfit geometry (weight: int64 array) (gradient: torch.Tensor) =
        match geometry with
        | Geometry.Dense -> Fit.last weight[..0] gradient
        | Geometry.Lookup _ -> Fit.last weight[1..] gradient
        | Geometry.Convolution window -> Fit.image window.Axes (Patches.maps window weight) gradient
        | Geometry.Scale normalisation -> Normalised.misfit normalisation (units weight) gradient

    /// How many dimensions an input has that is one data point, without a dimension for them.
    let dimensions geometry =
        match geometry with
        | Geometry.Dense -> 1L
        | Geometry.Convolution window -> int64 window.Axes + 1L
        | Geometry.Lookup _ -> 0L
        | Geometry.Scale(Normalisation.Last(shape, _)) -> int64 shape.Length
        | Geometry.Scale _ -> -1L

/// A layer's weight and bias, or values in their shapes.
[<ReferenceEquality>]
type LayerValues = {
    /// In the weight's shape.
    Weight: torch.Tensor
    /// In the bias's shape; ValueNone for a layer without a trained bias.
    Bias: torch.Tensor voption
}

/// A layer whose curvature is tracked: one weight, as the matrix W [d_out; d_in], with the bias as a last column whose
/// input is the constant 1. Modules that share the weight are one layer. Modules and parameters stay the model's.
[<ReferenceEquality>]
type Layer = {
    /// The path of the (first) module in the model, for messages.
    Name: string
    /// The modules that apply this weight.
    Modules: torch.nn.Module<torch.Tensor, torch.Tensor> array
    /// The weight in the module's own shape.
    Weight: Parameter
    /// The bias, of d_out elements, if there is one that is trained.
    Bias: Parameter voption
    /// How inputs become rows.
    Geometry: Geometry
    /// Whether data points are the second dimension of its inputs and outputs, after time.
    IsTimeMajor: bool
    /// How its positions enter Kronecker factors, where that was chosen for this layer.
    Sharing: WeightSharing voption
}

/// A layer's inputs, errors and gradients as matrices.
[<RequireQualifiedAccess>]
module Layer =

    /// The number g of groups: each of the g equal parts of W's rows has inputs of its own.
    let groups (layer: Layer) =
        match layer.Geometry with
        | Geometry.Dense
        | Geometry.Lookup _ -> 1L
        | Geometry.Convolution window -> window.Groups
        | Geometry.Scale _ -> layer.Weight.numel ()

    /// The number of rows of W.
    let outputs (layer: Layer) =
        match layer.Geometry with
        | Geometry.Dense -> layer.Weight.size 0
        | Geometry.Convolution window -> Patches.maps window layer.Weight.shape
        | Geometry.Lookup _ -> layer.Weight.size 1
        | Geometry.Scale _ -> layer.Weight.numel ()

    /// The number of columns of W, the bias column among them.
    let inputs (layer: Layer) = layer.Weight.numel () / outputs layer + (if layer.Bias.IsSome then 1L else 0L)

    /// The trained parameters themselves: the weight, then the bias.
    let parameters (layer: Layer) = [|
        layer.Weight
        match layer.Bias with
        | ValueSome bias -> bias
        | ValueNone -> ()
    |]

    /// For messages: 'fc2' (1000 -> 1000).
    let describe (layer: Layer) =
        let groups =
            match layer.Geometry, groups layer with
            | Geometry.Scale _, _ -> " by unit"
            | _, 1L -> ""
            | _, g -> $" in {g} groups"
        $"layer '{layer.Name}' ({inputs layer} -> {outputs layer}{groups})"

    let private require (subject: string) misfit (layer: Layer) (tensor: torch.Tensor) =
        match misfit layer.Geometry layer.Weight.shape tensor with
        | ValueNone -> ()
        | ValueSome wanted ->
            invalidArg subject $"The {subject} of {describe layer} must be {wanted}; got {Shape.describe tensor}."

    let private dimensions (layer: Layer) = Geometry.dimensions layer.Geometry

    let private batched (dimensions: int64) (tensor: torch.Tensor) =
        if tensor.dim () = dimensions then tensor.unsqueeze 0L else tensor

    /// An input with its first dimension for the data points, of which there may be one without; a view.
    let internal batch (layer: Layer) (input: torch.Tensor) = batched (dimensions layer) input

    /// An input, an output or its derivative with the data points first: a view, where time is.
    let internal pointsFirst (layer: Layer) (tensor: torch.Tensor) =
        if layer.IsTimeMajor && tensor.dim () > dimensions layer then tensor.transpose (0L, 1L) else tensor

    /// The number of data points n in an input: its first dimension. A vector, an image or a number alone is a batch of
    /// one.
    let dataPoints (layer: Layer) (input: torch.Tensor) = if input.dim () = dimensions layer then 1L else input.size 0

    /// [...; d] -> [n R; d], with a last column of ones where the bias is trained.
    let private denseRows (layer: Layer) (input: torch.Tensor) =
        let rows = input.reshape (-1L, input.size -1)
        if layer.Bias.IsNone then
            rows
        else
            let ones = torch.ones (rows.size 0, 1L, dtype = rows.dtype, device = rows.device)
            torch.cat ([| rows; ones |], 1L)

    /// [n R; d] -> [1; n; R; d], for the dimensions before the last of `origin` [n; ...; any].
    let private positions (origin: torch.Tensor) (rows: torch.Tensor) =
        let shape = origin.shape
        let R = Array.fold (*) 1L shape[1 .. shape.Length - 2]
        rows.view(1L, shape[0], R, rows.size 1).contiguous()

    /// The input as the rows that W multiplies: z = A W^T, group by group. Padding of an embedding, which is not
    /// learned, has rows of zeros. A batch norm's mode is the one that the module is in now.
    ///
    /// Shapes: input [n; ...; d_in], [n; channels; height; width], [n; ...] numbers -> A [g; n; R; d_in], or [n; R]
    /// indices, row by row in memory.
    /// The result belongs to the caller; without bias column or padding it may share the input's memory.
    /// Raises an ArgumentException when the input's shape or type is not the layer's.
    let activations (layer: Layer) (input: torch.Tensor) =
        require (nameof input) Geometry.inputMisfit layer input
        let withOnes = layer.Bias.IsSome
        Scope.owned
            (fun () ->
                let input = batch layer input
                match layer.Geometry with
                | Geometry.Dense -> Activations.rows (denseRows layer input |> positions input)
                | Geometry.Convolution window -> Activations.rows (Patches.rows window withOnes input)
                | Geometry.Lookup padding -> Lookup.rows (layer.Weight.size 0) padding input
                | Geometry.Scale normalisation -> Activations.rows (Normalised.rows normalisation withOnes input))
            (Activations.tensors >> Seq.ofList)

    /// A derivative with respect to the layer's output as rows E, in the order of `activations`: the layer's gradient
    /// is sum_ir e_ir a_ir^T, group by group.
    ///
    /// Shapes: gradient, like the output -> E [g; n; R; d_out/g], row by row in memory.
    /// The result belongs to the caller and may share the gradient's memory.
    /// Raises an ArgumentException when the gradient's shape is not the output's.
    /// (MATH 1)
    let errors (layer: Layer) (gradient: torch.Tensor) =
        require (nameof gradient) Geometry.gradientMisfit layer gradient
        Scope.tensor (fun () ->
            match layer.Geometry with
            | Geometry.Dense
            | Geometry.Lookup _ ->
                let gradient = batched 1L gradient
                gradient.reshape (-1L, gradient.size -1) |> positions gradient
            | Geometry.Convolution window -> gradient |> batched (dimensions layer) |> Patches.errors window
            | Geometry.Scale normalisation -> gradient |> batched (dimensions layer) |> Normalised.errors normalisation)

    /// The rows of `activations` one below the other, group after group, one-hot rows written out.
    /// Shapes: input as there -> A [g n R; d_in].
    /// The result belongs to the caller; without a bias column it may share the input's memory.
    /// Raises an ArgumentException when the input's shape or type is not the layer's.
    let rows (layer: Layer) (input: torch.Tensor) =
        Scope.tensor (fun () ->
            match layer.Geometry with
            | Geometry.Dense ->
                require (nameof input) Geometry.inputMisfit layer input
                denseRows layer input
            | _ -> (activations layer input |> Activations.dense layer.Weight.dtype).flatten(0L, 2L))

    /// The rows of `errors` one below the other, group after group.
    /// Shapes: gradient as there -> E [g n R; d_out/g].
    /// The result belongs to the caller and may share the gradient's memory.
    /// Raises an ArgumentException when the gradient's shape is not the output's.
    let errorRows (layer: Layer) (gradient: torch.Tensor) =
        Scope.tensor (fun () ->
            match layer.Geometry with
            | Geometry.Dense ->
                require (nameof gradient) Geometry.gradientMisfit layer gradient
                gradient.reshape (-1L, gradient.size -1)
            | _ -> (errors layer gradient).flatten(0L, 2L))

    /// The shape of a bias that is added to an output: one number a unit, channel or element of the output's last
    /// dimension.
    let internal shapeOfBias (layer: Layer) (output: torch.Tensor) =
        match layer.Geometry with
        | Geometry.Dense
        | Geometry.Lookup _ -> [| outputs layer |]
        | Geometry.Convolution window -> [| outputs layer; yield! Array.create window.Axes 1L |]
        | Geometry.Scale(Normalisation.Last(shape, _)) -> shape
        | Geometry.Scale _ -> [| outputs layer; yield! Array.create (int (output.dim ()) - 2) 1L |]

    /// Raises an ArgumentException for weights of a type whose matrices libtorch does not factor.
    let internal requireTypes (subject: string) (layers: Layer array) =
        for layer in layers do
            match layer.Weight.dtype with
            | torch.ScalarType.Float32
            | torch.ScalarType.Float64 -> ()
            | kind ->
                invalidArg
                    "model"
                    ($"weights must be Float32 or Float64 for {subject}, which factors matrices in their type; "
                     + $"{describe layer} has {kind}: keep the weights in Float32, or leave it out with `select`.")

    /// The matrix over d_in of something of the weight's shape, without the bias column.
    let private matrix (layer: Layer) (weight: torch.Tensor) =
        match layer.Geometry with
        | Geometry.Lookup _ -> weight.t ()
        | Geometry.Convolution window -> Patches.matrix window weight
        | _ -> weight.reshape (outputs layer, -1L)

    /// Weight and bias, or their gradients, as one matrix; a bias without a gradient (null) counts as zeros.
    ///
    /// Shapes: as the parameters -> [d_out; d_in].
    /// The result belongs to the caller; without a bias it may share the weight's memory.
    let joined (layer: Layer) (weight: torch.Tensor) (bias: torch.Tensor voption) =
        Scope.tensor (fun () ->
            let matrix = matrix layer weight
            match bias with
            | ValueSome null -> torch.cat ([| matrix; torch.zeros_like (matrix.narrow (1L, 0L, 1L)) |], 1L)
            | ValueSome bias -> torch.cat ([| matrix; bias.reshape (-1L, 1L) |], 1L)
            | ValueNone -> matrix.alias ())

    /// The weight's columns of a matrix over d_in, and the bias column; ValueNone for a layer without a trained bias.
    /// Shapes: matrix [...; d_in] -> [...; d_in - 1] and [...], or the matrix itself without a bias.
    /// They are views: they belong to the caller and share the matrix's memory.
    let internal columns (layer: Layer) (matrix: torch.Tensor) =
        match layer.Bias with
        | ValueSome _ ->
            let columns = matrix.size -1 - 1L
            struct (matrix.narrow (-1L, 0L, columns), ValueSome(matrix.select (-1L, columns)))
        | ValueNone -> struct (matrix, ValueNone)

    /// The inverse of `joined`: weight and bias in their own shapes.
    ///
    /// Shapes: W [d_out; d_in] -> as the parameters.
    /// The results belong to the caller; they are views into W where that is possible.
    let split (layer: Layer) (W: torch.Tensor) =
        let own () =
            let struct (weight, bias) = columns layer W
            let weight =
                match layer.Geometry with
                | Geometry.Lookup _ -> weight.t ()
                | Geometry.Convolution window -> Patches.weight window layer.Weight.shape weight
                | _ -> weight.reshape layer.Weight.shape
            { LayerValues.Weight = weight; Bias = bias |> ValueOption.map _.reshape(layer.Bias.Value.shape) }
        Scope.owned own (fun found -> [ found.Weight; yield! ValueOption.toList found.Bias ])
