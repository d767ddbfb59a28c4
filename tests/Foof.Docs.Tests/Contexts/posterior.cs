// with trained
using var posterior = LaplacePosterior.Fit(model, Loss.CrossEntropy, trainingBatches);
