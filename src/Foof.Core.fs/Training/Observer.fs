namespace Foof

open TorchSharp

/// Shows what a method's statistics are made of: runs the model, or takes a pass that was recorded, and gives an
/// observation of each layer. It does not own the recorder.
[<Sealed>]
type internal Observer
    (
        model: torch.nn.Module<torch.Tensor, torch.Tensor>,
        layers: Layer array,
        recorder: Recorder,
        recipe: Recipe,
        likelihood: Likelihood voption
    ) =

    /// How much of a batch statistics are made of: all of it where no label of the first data points counts.
    let shareOf (target: torch.Tensor) =
        match recipe.StatisticsShare, likelihood with
        | share, ValueSome Likelihood.Categorical when share < 1.0 && not (isNull target) ->
            let counts =
                Scope.value (fun () ->
                    let first = target.narrow (0L, 0L, Record.first share (target.size 0))
                    Numbers.holds ((Likelihood.counted Likelihood.Categorical first).any()))

            if counts then share else 1.0
        | share, _ -> share

    /// Draws the labels of the Monte-Carlo Fisher; null is the default generator.
    member val Generator: torch.Generator = null with get, set

    /// The errors of one recorded pass for each layer, none for one that was not called, and what a column counts.
    member observer.ErrorsOf(records: Record array, output: torch.Tensor, target: torch.Tensor) =
        let callsOf = Record.byLayer records
        let called = layers |> Array.filter (fun layer -> (callsOf layer).Length > 0)
        let share = shareOf target
        let count = Record.first share (output.size 0)

        let struct (directions, weight) =
            LikelihoodCheck.explaining likelihood.Value output target (fun () ->
                Fisher.directions
                    recipe.Fisher
                    likelihood.Value
                    (output.detach().narrow(0L, 0L, count))
                    (if isNull target then
                         null
                     else
                         target.narrow (0L, 0L, count))
                    observer.Generator)

        let errors = LayerErrors.find called records output directions
        let found = dict (Array.zip called errors)

        layers
        |> Array.map (fun layer ->
            match found.TryGetValue layer with
            | true, E ->
                ValueSome {
                    E = E
                    Weight = weight
                    Share = share
                }
            | _ -> ValueNone)

    /// What was seen of each layer.
    member _.Seen
        (records: Record array, errors: ObservedErrors voption array, gradients: torch.Tensor voption array)
        =
        let callsOf = Record.byLayer records

        let ofLayer = Observation.ofLayer recipe.StatisticsShare recipe.PatchBytes

        layers
        |> Array.mapi (fun l layer -> ofLayer (callsOf layer) errors[l] gradients[l])

    /// Nothing for each layer.
    member _.None<'T>() : 'T voption array = Array.create layers.Length ValueNone

    /// Runs the model on `input` and records what statistics need: with errors where the method takes them, at the
    /// labels in `target` if it needs those.
    member observer.See(input: torch.Tensor, target: torch.Tensor, take: Observation voption array -> unit) =
        use _scope = torch.NewDisposeScope()
        let errors = Recipe.needsErrors recipe
        // Also where no errors are needed: a model that differentiates in its forward pass needs the graph.
        use _recorded = torch.enable_grad ()
        recorder.Start(Recorder.OnThisThread(fun _ _ -> if errors then Keep.InputAndOutput else Keep.Input))
        let output = ForwardPass.call model input
        recorder.Stop()
        let records = recorder.Take()
        use _quiet = torch.no_grad ()

        try
            let found =
                if errors then
                    observer.ErrorsOf(records, output, target)
                else
                    observer.None()

            take (observer.Seen(records, found, observer.None()))
        finally
            Record.release records
