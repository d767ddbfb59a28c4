/// Batch norms in training mode as functions of one data point: means and variances are the batch's numbers.
module internal Foof.Explicit.BatchStatistics

open TorchSharp
open TorchSharp.Modules

/// Mean and variance of every channel over data points and positions.
let private ofChannels (input: torch.Tensor) =
    let n, channels = int (input.size 0), int (input.size 1)

    let rows = Dense.values input |> Array.chunkBySize (int (input.numel ()) / (n * channels))

    Array.init channels (fun channel ->
        let x = Array.init n (fun i -> rows[i * channels + channel]) |> Array.concat
        let mean = Array.average x
        mean, x |> Array.averageBy (fun x -> (x - mean) ** 2.0))
    |> Array.unzip

let private fill (statistic: torch.Tensor) (values: float array) = statistic.copy_ (torch.tensor values) |> ignore

/// The batch's statistics take the place of the running ones.
let private take (problem: Example) =
    use _scope = torch.NewDisposeScope()
    use _quiet = torch.no_grad ()
    let struct (_, calls) = problem.Network.Trace problem.Input

    for call in calls do
        match problem.Network.Layers[call.Layer] with
        | :? BatchNorm as norm ->
            let means, variances = ofChannels call.Input
            fill norm.running_mean means
            fill norm.running_var variances
        | _ -> ()

/// What `action` gives while the network is in evaluation mode, by the batch's statistics where it trained.
///
/// The network's derivatives are the same as long as nothing before a batch norm is trained.
let held (problem: Example) (action: unit -> 'T) =
    let network = problem.Network

    if network.training then
        take problem
        network.eval ()

        try
            action ()
        finally
            network.train ()
    else
        action ()
