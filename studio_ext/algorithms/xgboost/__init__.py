"""XGBoost: gradient-boosted trees and linear models (SageMaker's ``sagemaker-xgboost``)."""
