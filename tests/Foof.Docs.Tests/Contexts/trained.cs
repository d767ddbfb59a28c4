// with classifier
using (var trainer = new FoofOptimizer(model, learningRate: 0.1, damping: 0.1))
    Trainer.Fit(trainer, images, labels, epochs: 5, batchSize: 50);
model.eval();
