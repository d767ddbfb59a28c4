// Regression with uncertainty: a noisy sine with a gap in its data; the band widens where nothing was seen.
open System
open Foof
open TorchSharp

torch.manual_seed 1L |> ignore

let inputs = torch.cat [| torch.rand (100L, 1L) * 3.0 - 4.0; torch.rand (100L, 1L) * 3.0 + 1.0 |]

let targets = inputs.sin () + 0.2 * torch.randn (200L, 1L)

let model =
    torch.nn.Sequential(
        torch.nn.Linear(1L, 50L),
        torch.nn.Tanh(),
        torch.nn.Linear(50L, 50L),
        torch.nn.Tanh(),
        torch.nn.Linear(50L, 1L)
    )

// Training: FOOF, with the weight decay that the prior of the posterior stands for.
let recipe = { Methods.foof with Damping = 0.01 }

let optimizer = new Optimizer(model, recipe, Likelihood.Gaussian 1.0, learningRate = 0.1, weightDecay = 1e-4)

for step in 1..200 do
    use _scope = torch.NewDisposeScope()
    use result = optimizer.Step(inputs, targets)

    if step % 50 = 0 then printfn "step %d: loss %.4f" step (result.Loss.item<float32>())

// Uncertainty: noise and prior precision by the evidence, no data held out.
model.eval ()
let options = LaplaceOptions(Structure = CurvatureStructure.Dense)

let posterior = LaplacePosterior.Fit(model, Loss.SquaredError, [ struct (inputs, targets) ], options)

posterior.TuneNoiseByEvidence()
printfn "noise %.3f (0.2 is true)" posterior.Summary.ObservationNoise.Value

let grid = torch.linspace(-6.0, 6.0, 49L).unsqueeze 1L
let prediction = posterior.Predict grid

let numbers (x: torch.Tensor) = x.flatten().``to``(torch.float64).data<float>().ToArray()

for x, mean, variance in Array.zip3 (numbers grid) (numbers prediction.Output) (numbers prediction.Variance) do
    let deviation = sqrt variance
    printfn "x %5.2f: %5.2f +- %.2f %s" x mean deviation (String('#', min 60 (int (40.0 * deviation))))
