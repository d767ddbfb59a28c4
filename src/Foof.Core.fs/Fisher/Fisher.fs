namespace Foof

open TorchSharp

/// Whose labels the Fisher's gradients are taken at.
/// (MATH 2)
[<RequireQualifiedAccess>]
type Fisher =
    /// y sampled from the model, k times for each data point: unbiased, m = n k columns.
    | MonteCarlo of samples: int
    /// The expectation over all labels, which is the generalised Gauss-Newton matrix: m = n C columns.
    | Ggn
    /// The data set's labels. Not the Fisher (Kunstner et al. 2019), though often called so: m = n columns.
    | Empirical

/// What curvature is taken of: a model's layers, and what its output says about labels.
[<ReferenceEquality>]
type Problem = {
    /// The model; it runs in the mode that it is in.
    Model: torch.nn.Module<torch.Tensor, torch.Tensor>
    /// The layers that are covered, as `Coverage.survey` finds them.
    Layers: Layer array
    /// How the model's output speaks about labels.
    Likelihood: Likelihood
    /// Draws the labels of the Monte-Carlo Fisher; null is the default generator. It stays its owner's.
    Generator: torch.Generator
} with

    /// All layers of a model that can be covered (`Coverage.all`, which also says what is left out), and the default
    /// generator.
    static member OfModel(model: torch.nn.Module<torch.Tensor, torch.Tensor>, likelihood: Likelihood) = {
        Model = model
        Layers = (Coverage.all model).Layers
        Likelihood = likelihood
        Generator = null
    }

/// A batch for curvature. The empirical Fisher is taken at its labels; class labels of -100 also say, whatever the
/// Fisher, which positions are ignored.
[<ReferenceEquality>]
type CurvatureBatch = {
    /// The model's input [n; ...], data points first.
    Input: torch.Tensor
    /// The labels as `Likelihood.loss` takes them, or null.
    Target: torch.Tensor
}

/// A network's outputs at some inputs and their derivatives with respect to the weights.
[<ReferenceEquality>]
type Linearisation = {
    /// f, [n; ...], outside the graph.
    Output: torch.Tensor
    /// J, of n C columns that count one each.
    Jacobian: FisherFactor
}

/// Fisher factors of a model: one forward pass, and one backward pass to the layers' outputs for each column of a data
/// point. No gradient of a weight is formed.
/// (MATH 2)
[<RequireQualifiedAccess>]
module Fisher =

    /// Which labels of a batch count; ValueNone where all do.
    let private mask likelihood (target: torch.Tensor) =
        match likelihood with
        | Likelihood.Categorical when not (isNull target) -> ValueSome(Likelihood.counted likelihood target)
        | _ -> ValueNone

    /// n: how many data points have a label that counts.
    let private dataPoints (mask: torch.Tensor voption) (all: int64) =
        match mask with
        | ValueSome mask -> Likelihood.dataPoints mask
        | ValueNone -> all

    /// The directions at the output, each the shape of the output, and what each column counts in F.
    ///
    /// MonteCarlo: the errors e_i of k sampled sets of labels, each counting 1/(n k). Ggn: the columns s_c of the
    /// square root of Lambda_i, counting 1/n. Empirical: the errors of the data set's labels, counting 1/n.
    /// Labels that are ignored (-100 of the categorical likelihood) have directions of zeros, and n counts the data
    /// points that have another: `target` says which, whatever the rule; null means that all count.
    /// Sampled directions and Hessian columns are made while the sequence is read, and again each time. Each belongs to
    /// the scope in which it is made.
    /// Shapes: output [n; ...] -> [n; ...].
    /// Raises an ArgumentException for less than one sample, for an empirical Fisher without labels or with labels that
    /// do not fit, and when no label counts; while the sequence is read also what `Likelihood.sample` and
    /// `Likelihood.masked` raise.
    let internal directions
        fisher
        likelihood
        (output: torch.Tensor)
        (target: torch.Tensor)
        (generator: torch.Generator)
        =
        let mask = mask likelihood target
        let n = float (dataPoints mask (output.size 0))

        let masked (direction: torch.Tensor) =
            match mask with
            | ValueSome mask -> Likelihood.masked mask direction
            | ValueNone -> direction

        match fisher with
        | Fisher.MonteCarlo samples ->
            Require.atLeast (nameof samples) 1 samples

            let sampled =
                seq {
                    for _ in 1..samples do
                        let labels = Likelihood.sample likelihood output generator
                        masked (Likelihood.errors likelihood output labels)
                }

            struct (sampled, 1.0 / (n * float samples))
        | Fisher.Ggn ->
            let columns = Likelihood.hessianColumns likelihood output

            struct (Seq.init (int columns) (fun c -> masked (Likelihood.hessianRoot likelihood output (int64 c))),
                    1.0 / n)
        | Fisher.Empirical ->
            if isNull target then
                invalidArg (nameof target) "target must hold the labels for the empirical Fisher; got none."

            struct (Seq.singleton (Likelihood.errors likelihood output target), 1.0 / n)

    /// The columns of layers whose calls a pass recorded; its graph is used up.
    let private ofPass (layers: Layer array) (pass: Pass) directions (weight: float) (shown: torch.Tensor voption) =
        let errors = LayerErrors.find layers pass.Calls pass.Output directions
        let factor calls E =
            match shown with
            | ValueSome numbers ->
                let E = LayerErrors.shown (pass.Output.size 0) numbers E
                LayerFactor.Product(Record.activations (Record.showing numbers calls), E)
            | ValueNone -> LayerFactor.Product(Record.activations calls, E)
        { Layers = Array.map2 factor pass.Calls errors; Weight = weight }

    let private requireSound (layers: Layer array) (part: FisherColumns) =
        let require (layer: Layer) what =
            Numbers.requireFinite
                (Layer.describe layer)
                $"{what} are not finite"
                "check the data and the weights for NaN"
        for layer, factor in Array.zip layers part.Layers do
            match factor with
            | LayerFactor.Product(activations, E) ->
                activations |> Activations.tensors |> List.iter (require layer "activations")
                require layer "errors" E
            | _ -> ()

    /// The output of one forward pass, without its graph, and the columns of the directions that are chosen at it, of
    /// the data points with a label in `target` that counts; of all where that is null.
    let internal atOutput
        (problem: Problem)
        (input: torch.Tensor)
        (target: torch.Tensor)
        (choose: torch.Tensor -> struct (seq<torch.Tensor> * float))
        : Linearisation =
        let layers = problem.Layers
        Layer.requireTypes "curvature" layers
        use recorder = new Recorder(problem.Model, layers)
        use pass = ForwardPass.recorded recorder layers (fun _ _ -> Keep.InputAndOutput) problem.Model input
        PointsFirst.require problem.Model input layers pass
        use _quiet = torch.no_grad ()
        let output = pass.Output.detach ()
        let struct (directions, weight) = choose output
        let part = ofPass layers pass directions weight (Likelihood.shown problem.Likelihood target)
        requireSound layers part
        { Output = output; Jacobian = FisherFactor.ofColumns part }

    /// The Fisher factor G of one batch, F = G G^T a mean over its data points, over the problem's layers.
    ///
    /// Data points without a label that counts are left out, and n counts the others.
    /// Shapes: input [n; ...] -> m = n k, n C or n columns, column c n + i of data point i.
    /// Parameters' `.grad` are not touched. The factor belongs to the caller; its activations may share the input's
    /// memory (`FisherFactor.ownActivations`).
    /// Raises an ArgumentException for an empty batch, wrong labels or a problem without layers, an
    /// InvalidOperationException for a layer that was not called or whose input does not have the data points first, a
    /// NumericalFailure for NaN in activations or errors. An error that the model raises reaches the caller.
    /// (MATH 2; Benzing 2022, App. I)
    let factor (problem: Problem) fisher (batch: CurvatureBatch) =
        Require.given "batch.Input" batch.Input

        if batch.Input.numel () = 0L then
            invalidArg (nameof batch) "batch must hold at least one data point; got none."

        Scope.owned
            (fun () ->
                let found =
                    atOutput problem batch.Input batch.Target (fun output ->
                        directions fisher problem.Likelihood output batch.Target problem.Generator)

                found.Jacobian)
            (FisherFactor.tensors >> Seq.ofList)

/// Derivatives of a network's outputs with respect to its weights as a factor: nothing of size p is written out.
[<RequireQualifiedAccess>]
module Jacobian =

    let private unitVectors (output: torch.Tensor) =
        let n = output.size 0
        let entries = output.numel () / n
        let unitVector (c: int64) =
            // Of the output's shape and not of its strides: a transposed output has no view of two dimensions.
            let direction = torch.zeros (output.shape, dtype = output.dtype, device = output.device)
            direction.view(n, entries).select(1L, c).fill_(1.0.ToScalar()) |> ignore
            direction
        struct (Seq.init (int entries) (int64 >> unitVector), 1.0)

    /// The output f and the factor J with the column d f_ic / d theta for each data point i and entry c, c-major:
    /// column c n + i.
    ///
    /// One forward pass and one backward pass to the layers' outputs for each entry; the model runs in the mode that it
    /// is in.
    /// Shapes: -> f [n; ...], J of n C columns that count one each.
    /// The results belong to the caller.
    /// Raises what `Fisher.factor` raises.
    let factor (problem: Problem) (input: torch.Tensor) =
        if input.numel () = 0L then
            invalidArg (nameof input) "input must hold at least one data point; got none."
        Scope.owned (fun () -> Fisher.atOutput problem input null unitVectors) (fun found ->
            found.Output :: FisherFactor.tensors found.Jacobian)

    /// The mean gradient of the loss from the factor of the data set's labels, 1/n sum_i g_i (`Fisher.Empirical`).
    ///
    /// Shapes: -> one [d_out; d_in] a layer, in the factor's type.
    /// The result belongs to the caller.
    /// (MATH 1)
    let meanGradient (empirical: FisherFactor) =
        Scope.owned
            (fun () ->
                let like = (FisherFactor.tensors empirical).Head

                let counts =
                    empirical.Parts
                    |> Array.map (fun part ->
                        torch.full (
                            LayerFactor.columns part.Layers[0],
                            sqrt part.Weight,
                            dtype = like.dtype,
                            device = like.device
                        ))

                FisherFactor.times (torch.cat (counts, 0L)) empirical)
            Seq.ofArray
