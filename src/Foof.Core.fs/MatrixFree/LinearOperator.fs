namespace Foof

open System
open TorchSharp

/// A symmetric linear map C of weight space, known by its products C v. Owns what the products need, until it is
/// disposed; not for use from two threads at once.
[<Sealed>]
type LinearOperator
    internal
    (
        shapes: int64 array array,
        like: torch.Tensor,
        product: torch.Tensor array -> torch.Tensor array,
        kept: torch.Tensor array
    ) =
    let kind, device = like.dtype, like.device
    let mutable disposed = false

    // What is returned is the caller's to free or to change: never a vector that came in.
    let own (v: torch.Tensor array) (result: torch.Tensor) =
        if v |> Array.exists (fun given -> Object.ReferenceEquals(given, result)) then
            result.detach().clone()
        else
            result.detach ()

    /// The shapes [d_out; d_in] of a vector's matrices, one per layer.
    member _.Shapes = shapes

    /// The type of a vector's elements.
    member _.Kind = kind

    /// The device of a vector.
    member _.Device = device

    /// Raises an ArgumentException unless `v` is a vector that the operator takes.
    member internal _.Require(name: string, v: torch.Tensor array) =
        WeightVector.check name shapes v
        v |> Array.iter (Require.place name kind device)

    /// C v.
    ///
    /// Shapes: one matrix [d_out; d_in] per layer -> the same.
    /// The result belongs to the caller and is outside every graph.
    /// Raises an ArgumentException when shapes, types or devices do not match, and an ObjectDisposedException after
    /// `Dispose`.
    member operator.Product(v: torch.Tensor array) =
        ObjectDisposedException.ThrowIf(disposed, operator)
        operator.Require(nameof v, v)
        Scope.owned
            (fun () ->
                let result = product v
                WeightVector.check "the product" shapes result
                result |> Array.map (own v))
            Seq.ofArray

    interface IDisposable with
        member _.Dispose() =
            disposed <- true
            for tensor in kept do
                tensor.Dispose()

/// Curvature matrices of weight space that are never formed, by backward passes through one forward pass that is kept
/// alive. Parameters outside of the layers are constants, and layers that the output does not depend on have blocks of
/// zeros.
///
/// The weights must not change while the operator is in use: libtorch refuses a product that would need the old ones.
/// The forward pass runs in the mode that the model is in.
[<RequireQualifiedAccess>]
module LinearOperator =

    let private shapesOf (layers: Layer array) =
        layers |> Array.map (fun layer -> [| Layer.outputs layer; Layer.inputs layer |])

    /// The operator that `make` describes by what is to be kept and by its product.
    let private keeping (layers: Layer array) make =
        use _scope = torch.NewDisposeScope()
        let struct (kept: torch.Tensor array, product) = make ()
        for tensor in kept do
            Scope.detach tensor |> ignore
        new LinearOperator(shapesOf layers, layers[0].Weight, product, kept)

    /// H = d^2/dW^2 of the mean loss over data points, indefinite in general: v -> H v by differentiating the gradient
    /// g . v.
    ///
    /// Shapes: input [n; ...], target as in `Likelihood.loss`. A mean over data points.
    /// The operator belongs to the caller; the model, its weights and the batch stay their owners'.
    /// Raises an ArgumentException without a layer, for one that is frozen or listed twice, an empty batch, an output
    /// that depends on no layer or a target that does not fit, and a NumericalFailure when outputs or loss are not
    /// finite.
    /// (Pearlmutter 1994)
    let hessian (problem: Problem) (batch: CurvatureBatch) =
        let layers = problem.Layers
        keeping layers (fun () ->
            let output = Backward.forward problem batch.Input
            let variables = Backward.variables layers
            let loss = Backward.loss problem.Likelihood output batch.Target
            let gradient = Backward.recorded loss (loss.ones_like ()) variables
            let product v = Backward.apply gradient (Backward.split layers v) variables |> Backward.join layers
            struct (gradient, product))

    /// The generalised Gauss-Newton matrix 1/n sum_i J_i^T Lambda_i J_i, which is the full Fisher of these likelihoods;
    /// positive semi-definite.
    ///
    /// Shapes: input [n; ...]. A mean over all data points, since no label says which are ignored.
    /// The operator belongs to the caller; the model, its weights and the batch stay their owners'.
    /// Raises as `hessian` does, but for the target and the loss.
    /// (Schraudolph 2002; MATH 2)
    let gaussNewton (problem: Problem) (input: torch.Tensor) =
        keeping problem.Layers (fun () ->
            let output = Backward.forward problem input
            let values = output.detach ()
            let struct (kept, product) =
                Backward.sandwiched problem.Layers output (Likelihood.hessianProduct problem.Likelihood values)
            struct (Array.append kept [| values |], product))

    /// The Fisher of the batch's labels, 1/n sum_i g_i g_i^T with g_i the gradient of data point i's loss: Monte-Carlo
    /// for labels that were sampled from the model, empirical for the data's own; positive semi-definite. Class labels
    /// of -100 are ignored, and n counts the data points that have another.
    ///
    /// Since g_i = J_i^T e_i for the error e_i, the product is 1/n sum_i J_i^T e_i (e_i . J_i v).
    /// Shapes: input [n; ...], target as in `Likelihood.loss`. A mean over data points.
    /// The operator belongs to the caller; the model, its weights and the batch stay their owners'.
    /// Raises as `hessian` does.
    /// (MATH 1, 2)
    let fisher (problem: Problem) (batch: CurvatureBatch) =
        let likelihood, labels = problem.Likelihood, batch.Target

        keeping problem.Layers (fun () ->
            let output = Backward.forward problem batch.Input
            let n = output.size 0
            let loss = Backward.loss likelihood output labels
            let counted = Likelihood.dataPoints (Likelihood.counted likelihood labels)
            let gradient = Backward.apply [| loss |] [| loss.ones_like () |] [| output |]
            // The loss is a mean over the points that count, and the product below one over all.
            let E = (gradient[0] * sqrt (float n * float counted)).reshape(n, -1L)
            let M (v: torch.Tensor) = (E * (E * v.reshape (n, -1L)).sum(1L, keepdim = true)).reshape output.shape
            let struct (kept, product) = Backward.sandwiched problem.Layers output M
            struct (Array.append kept [| E |], product))

    /// The operator with this product, for vectors of these shapes in the type and on the device of `like`. It must be
    /// symmetric and linear, which is not checked.
    /// The operator belongs to the caller and holds no tensor. Its `Product` raises an ArgumentException when `product`
    /// gives other shapes.
    let ofFunction
        (shapes: int64 array array)
        (like: torch.Tensor)
        (product: torch.Tensor array -> torch.Tensor array)
        =
        new LinearOperator(shapes, like, product, [||])

    /// C + lambda I, for lambda of any sign.
    /// The result belongs to the caller; C stays the caller's and must outlive it.
    let shifted (lambda: float) (operator: LinearOperator) =
        use like = torch.empty (0L, dtype = operator.Kind, device = operator.Device)
        ofFunction operator.Shapes like (fun v -> WeightVector.axpy lambda v (operator.Product v))

    /// C as a matrix, column j its product with the unit vector j of `WeightVector.flatten`'s order: p products.
    ///
    /// Shapes: -> [p; p].
    /// The result belongs to the caller.
    /// Raises an ArgumentException when 8 p^2 bytes are more than 4 GB: above 22,360 weights.
    let dense (operator: LinearOperator) =
        let p = operator.Shapes |> Array.sumBy (Array.fold (*) 1L)
        FisherFactor.requireDense p

        Scope.tensor (fun () ->
            let unit = torch.zeros (p, dtype = operator.Kind, device = operator.Device)
            let matrix = torch.zeros (p, p, dtype = operator.Kind, device = operator.Device)

            for j in 0L .. p - 1L do
                use _column = torch.NewDisposeScope()
                let entry = unit.narrow (0L, j, 1L)
                entry.fill_ (1.0.ToScalar()) |> ignore
                let column = operator.Product(WeightVector.unflatten operator.Shapes unit)
                entry.fill_ (0.0.ToScalar()) |> ignore
                matrix.select(1L, j).copy_(WeightVector.flatten column) |> ignore

            matrix)
