/// Small random networks in float64: one for each kind of layer.
module internal Foof.Validation.Networks

open Foof
open Foof.Explicit
open TorchSharp

type private Layer = torch.nn.Module<torch.Tensor, torch.Tensor>

let private double = torch.ScalarType.Float64

let private linear (inputs: int) (outputs: int) (bias: bool) : Layer =
    torch.nn.Linear(int64 inputs, int64 outputs, bias, dtype = double)

let private longs (shape: int list) = shape |> List.map int64 |> List.toArray

let private normal (shape: int list) = torch.randn (longs shape, dtype = double)

/// Whole numbers below `count`.
let private numbers (count: int) (shape: int list) =
    torch.randint (int64 count, longs shape, dtype = torch.ScalarType.Int64)

let private problem layers run likelihood input target = {
    Network = new Network(layers, run)
    Likelihood = likelihood
    Input = input
    Target = target
}

let private perceptron bias likelihood (target: unit -> torch.Tensor) () =
    problem
        [ "first", linear 3 4 bias; "last", linear 4 3 bias ]
        (fun layer x -> layer 1 ((layer 0 x).tanh()))
        likelihood
        (normal [ 5; 3 ])
        (target ())

/// A convolution of 2 channels, tanh, the mean over positions, and a head with two outputs.
let private convolutional (make: unit -> Layer) (channels: int) likelihood (target: unit -> torch.Tensor) () =
    problem
        [ "convolution", make (); "head", linear channels 2 true ]
        (fun layer x -> layer 1 ((layer 0 x).tanh().mean([| 2L; 3L |])))
        likelihood
        (normal [ 4; 2; 5; 4 ])
        (target ())

let private strided () : Layer = torch.nn.Conv2d(2L, 3L, 2L, stride = 2L, bias = false, dtype = double)

let private padded () : Layer = torch.nn.Conv2d(2L, 2L, 3L, stride = 2L, padding = 1L, dtype = double)

let private dilated () : Layer = torch.nn.Conv2d(2L, 2L, 2L, dilation = 2L, dtype = double)

let private grouped () : Layer = torch.nn.Conv2d(2L, 4L, 2L, groups = 2L, dtype = double)

/// One layer, called twice, and a head.
let private tied () =
    problem
        [ "tied", linear 3 3 true; "head", linear 3 2 true ]
        (fun layer x -> layer 1 ((layer 0 ((layer 0 x).tanh())).tanh()))
        (Likelihood.Gaussian 0.5)
        (normal [ 5; 3 ])
        (normal [ 5; 2 ])

/// Inputs [n; R; d], and a label, or one of each output, for every token.
let private tokens (outputs: int) likelihood (target: unit -> torch.Tensor) () =
    problem
        [ "first", linear 2 3 true; "last", linear 3 outputs true ]
        (fun layer x -> (layer 1 ((layer 0 x).tanh())).transpose(1L, 2L))
        likelihood
        (normal [ 4; 3; 2 ])
        (target ())

/// One token without a label, and one data point without any.
let private withIgnored () =
    let target = numbers 3 [ 4; 3 ]
    target[0L, 1L] <- torch.tensor -100L
    target[2L] <- torch.tensor -100L
    target

/// Inputs [n; R; d], and a label for their mean.
let private pooled () =
    problem
        [ "first", linear 2 3 true; "last", linear 3 3 false ]
        (fun layer x -> layer 1 ((layer 0 x).tanh().mean([| 1L |])))
        Likelihood.Categorical
        (normal [ 5; 3; 2 ])
        (numbers 3 [ 5 ])

let private embedding () =
    problem
        [ "table", torch.nn.Embedding(4L, 3L, dtype = double); "head", linear 3 3 true ]
        (fun layer x -> layer 1 ((layer 0 x).tanh().mean([| 1L |])))
        Likelihood.Categorical
        (numbers 4 [ 5; 3 ])
        (numbers 3 [ 5 ])

let private layerNorm () =
    problem
        [ "first", linear 3 4 true; "norm", torch.nn.LayerNorm([| 4L |], dtype = double); "last", linear 4 2 true ]
        (fun layer x -> layer 2 ((layer 1 (layer 0 x)).tanh()))
        (Likelihood.Gaussian 2.0)
        (normal [ 5; 3 ])
        (normal [ 5; 2 ])

/// A batch norm with scale, shift and running statistics as after training.
let private batchNorm (channels: int) : Layer =
    let norm = torch.nn.BatchNorm2d(int64 channels, dtype = double)

    for mean in [ norm.bias :> torch.Tensor; norm.running_mean ] do
        torch.nn.init.normal_ mean |> ignore

    for positive in [ norm.weight :> torch.Tensor; norm.running_var ] do
        torch.nn.init.uniform_ (positive, 0.5, 2.0) |> ignore

    norm

/// A batch norm in evaluation mode, behind a convolution.
let private batchNormRunning () =
    let problem =
        problem
            [ "convolution", dilated (); "norm", batchNorm 2; "head", linear 2 2 true ]
            (fun layer x -> layer 2 ((layer 1 (layer 0 x)).tanh().mean([| 2L; 3L |])))
            Likelihood.Categorical
            (normal [ 4; 2; 5; 4 ])
            (numbers 2 [ 4 ])

    problem.Network.eval ()
    problem

/// A batch norm in training mode. It comes first, since layers before it would depend on other data points through it.
let private batchNormTraining () =
    problem
        [ "norm", batchNorm 2; "convolution", dilated (); "head", linear 2 2 true ]
        (fun layer x -> layer 2 ((layer 1 ((layer 0 x).tanh())).tanh().mean([| 2L; 3L |])))
        (Likelihood.Gaussian 0.5)
        (normal [ 4; 2; 5; 4 ])
        (normal [ 4; 2 ])

let private named ignores = List.map (fun (name, make) -> { Name = name; Ignores = ignores; Make = make })

/// One network for each likelihood.
let ofEachLikelihood: Kind list =
    named false [
        "fully connected, bias", perceptron true Likelihood.Categorical (fun () -> numbers 3 [ 5 ])
        "fully connected", perceptron false (Likelihood.Gaussian 0.5) (fun () -> normal [ 5; 3 ])
        "tokens, sigma per output",
        tokens 2 (Likelihood.GaussianPerOutput [| 0.8; 2.0 |]) (fun () -> normal [ 4; 2; 3 ])
        "conv padding=1", convolutional padded 2 Likelihood.Bernoulli (fun () -> (numbers 2 [ 4; 2 ]).``to`` double)
        "conv dilation=2", convolutional dilated 2 Likelihood.Poisson (fun () -> (numbers 4 [ 4; 2 ]).``to`` double)
    ]

/// Every kind of layer and likelihood, in the order of the table.
let all: Kind list =
    ofEachLikelihood
    @ named false [
        "conv stride=2, no bias", convolutional strided 3 Likelihood.Categorical (fun () -> numbers 2 [ 4 ])
        "conv groups=2", convolutional grouped 4 Likelihood.Categorical (fun () -> numbers 2 [ 4 ])
        "tied", tied
        "tokens", tokens 3 Likelihood.Categorical (fun () -> numbers 3 [ 4; 3 ])
        "tokens, pooled", pooled
        "embedding", embedding
        "layer norm", layerNorm
        "batch norm, running", batchNormRunning
        "batch norm, training", batchNormTraining
    ]
    @ named true [ "tokens, ignored labels", tokens 3 Likelihood.Categorical withIgnored ]
